/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_i18n - Accept-Language headers of any bytes: an answer among the three, always the same. */
#include "i18n_lang.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_view header = bw_view_of((const char *)data, size);
    enum i18n_lang a = i18n_accept(header, I18N_EN), b = i18n_accept(header, I18N_HANS);
    BW_ASSERT(a < I18N_LANGS && b < I18N_LANGS);
    BW_ASSERT(a == b || (a == I18N_EN && b == I18N_HANS)); /* they differ in the fallback only */
    return 0;
}
