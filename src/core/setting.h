/* SPDX-License-Identifier: Apache-2.0 */
/* setting - everything that an operator can set, in one table.
 *
 * From SETTINGS are made: the parser of breakwater.conf ("name = value" lines, '#' comments), the
 * environment variables (BREAKWATER_NAME), `--set name=value`, `breakwater config` and the manual.
 * Later sources win in that order. Every setting has a working default. Read-only after start. */
#ifndef SETTING_H
#define SETTING_H

#include "bw_arena.h"

enum setting_type { SETTING_TEXT, SETTING_INT, SETTING_FLAG, SETTING_SECRET };

/*    id                  name                   type     min max default unit text */
#define SETTINGS(X)                                                                             \
    X(URL, "url", TEXT, 0, 255, "", "",                                                         \
      "address under which people reach the hub; empty: http:// and the listening address")     \
    X(NAME, "name", TEXT, 1, 80, "Breakwater", "", "the hub's name on pages and mails")         \
    X(ZONE, "zone", TEXT, 1, 8, "HKT", "", "name of the time zone that people read")            \
    X(ZONE_OFFSET, "zone_offset", INT, -840, 840, "480", "minutes", "that zone, east of UTC")   \
    X(DATABASE, "database", SECRET, 0, 1000, "", "",                                            \
      "postgresql://user:password@host/name; empty: the file breakwater.db in the data folder") \
    X(LOOPS, "loops", INT, 1, 64, "2", "threads", "event loops, one per core")                  \
    X(WORKERS, "workers", INT, 1, 256, "8", "threads", "threads for writes and imports")        \
    X(CONNECTIONS, "connections", INT, 16, 100000, "4096", "", "most connections at once")      \
    X(CONNECTIONS_PER_ADDRESS, "connections_per_address", INT, 1, 100000, "256", "",            \
      "most connections from one address (an IPv6 /64 is one)")                                 \
    X(TRUSTED_PROXIES, "trusted_proxies", TEXT, 0, 1000, "", "",                                \
      "addresses of reverse proxies whose X-Forwarded-* headers are believed, separated by "    \
      "blanks")                                                                                 \
    X(SESSION_IDLE, "session_idle", INT, 1, 1440, "30", "minutes",                              \
      "a session ends after so long without a request")                                         \
    X(SESSION_MAX, "session_max", INT, 1, 168, "12", "hours",                                   \
      "a session ends after so long in any case")                                               \
    X(PASSWORD_MEMORY, "password_memory", INT, 8, 1048576, "65536", "KiB",                      \
      "argon2id memory; below 65536 only for tests")                                            \
    X(PASSWORD_PASSES, "password_passes", INT, 1, 10, "2", "", "argon2id passes")               \
    X(PASSWORD_LENGTH, "password_length", INT, 8, 128, "12", "characters", "shortest password") \
    X(PASSWORD_LIST, "password_list", TEXT, 0, 1000, "", "",                                    \
      "file of passwords that became known, one a line (SHA-1 in hex or plain), which nobody "  \
      "may choose; 8 bytes of memory each")                                                     \
    X(SIGNIN_TRIES, "signin_tries", INT, 1, 1000, "10", "",                                     \
      "failed sign-ins per account and quarter of an hour before it has to wait")               \
    X(SIGNIN_TRIES_NETWORK, "signin_tries_network", INT, 1, 100000, "100", "",                  \
      "the same per network (IPv4 /24, IPv6 /64)")                                              \
    X(MAIL_FROM, "mail_from", TEXT, 3, 255, "hub@breakwater.invalid", "",                       \
      "sender of the hub's mails")                                                              \
    X(SMTP_URL, "smtp_url", TEXT, 0, 255, "", "",                                               \
      "smtp://host:25 or smtps://host:465; empty: mails stay readable in the spool")            \
    X(SMTP_USER, "smtp_user", TEXT, 0, 255, "", "", "user name at the mail server")             \
    X(SMTP_PASSWORD, "smtp_password", SECRET, 0, 255, "", "", "password at the mail server")    \
    X(SMTP_TLS, "smtp_tls", FLAG, 0, 1, "yes", "",                                              \
      "refuse a mail server without verified TLS (loopback may be without)")                    \
    X(TERMS_NOTICE, "terms_notice", INT, 0, 365, "30", "days",                                  \
      "how long before they take effect terms are announced at least")                          \
    X(TERMS_FOUR_EYES, "terms_four_eyes", FLAG, 0, 1, "yes", "",                                \
      "a second person has to confirm before terms are announced")                              \
    X(MEMBERSHIP_DAYS, "membership_days", INT, 0, 3660, "0", "days",                            \
      "how long a new membership lasts; 0: without end")                                        \
    X(IMPORT_MAX, "import_max", INT, 1, 65536, "512", "MiB", "largest file of an import")       \
    X(CHECKPOINT, "checkpoint", INT, 1, 1440, "60", "minutes",                                  \
      "how often the ledger's root is signed")                                                  \
    X(STREAMS_PER_PERSON, "streams_per_person", INT, 1, 100, "6", "",                           \
      "open live pages per person")                                                             \
    X(JOIN_VOUCHERS, "join_vouchers", INT, 1, 10, "2", "",                                      \
      "members that must vouch for an applicant on the trusted route")                          \
    X(JOIN_OBJECTION_DAYS, "join_objection_days", INT, 0, 90, "14", "days",                     \
      "in which members may object to an applicant")                                            \
    X(JOIN_EYES, "join_eyes", INT, 1, 2, "1", "people",                                         \
      "who must agree on an application of the open route (a committee is two)")                \
    X(JOIN_FOUNDING, "join_founding", INT, 0, 1000, "20", "organisations",                      \
      "with fewer members than that the operator may enter founding ones")                      \
    X(JOIN_DRAFT_DAYS, "join_draft_days", INT, 1, 90, "14", "days",                             \
      "a draft of an application is kept, and its links live")                                  \
    X(JOIN_LINK_DAYS, "join_link_days", INT, 1, 366, "90", "days",                              \
      "the link to an applicant's progress lives after each step")                              \
    X(JOIN_SIGN_DAYS, "join_sign_days", INT, 1, 90, "14", "days", "a signatory's link lives")   \
    X(JOIN_OVERDUE, "join_overdue", TEXT, 0, 255,                                               \
      "submitted=2 checking=5 vouching=30 objection=30 committee=7 signing=14", "days",         \
      "after how many days in a state an application is overdue")                               \
    X(JOIN_TRIES_NETWORK, "join_tries_network", INT, 1, 100000, "20", "",                       \
      "applications and their mails that one network may ask for in an hour")                   \
    X(JOIN_PUBLIC_MAIL, "join_public_mail", TEXT, 0, 1000, "", "",                              \
      "more domains of public mail, which prove no organisation, separated by blanks")          \
    X(JOIN_RESOLVER, "join_resolver", TEXT, 0, 64, "", "",                                      \
      "who is asked for an applicant's TXT value, 192.0.2.1:53; empty: the system's")           \
    X(REVIEW_MONTHS, "review_months", INT, 1, 60, "12", "months",                               \
      "how often it is asked who is still there; 30 days to answer")                            \
    X(DORMANT_MONTHS, "dormant_months", INT, 1, 60, "12", "months",                             \
      "without a sign of life; then a notice, and 30 days later the account is closed")         \
    X(KEY_OVERLAP, "key_overlap", INT, 0, 90, "7", "days",                                      \
      "an API key that was replaced works for so long")                                         \
    X(FOUR_EYES_STATE, "four_eyes_state", FLAG, 0, 1, "no", "",                                 \
      "suspending or ending a membership waits for a second person")                            \
    X(EXPORT_DAYS, "export_days", INT, 1, 365, "30", "days",                                    \
      "an ended member may take its own data along for so long")                                \
    X(FOUR_EYES_ALONE, "four_eyes_alone", INT, 0, 160, "24", "hours",                           \
      "where nobody else could decide, an act that needs two people may be decided on by who "  \
      "asked for it after so long; 0: never")                                                   \
    X(FOUR_EYES_BODIES, "four_eyes_bodies", FLAG, 0, 1, "no", "",                               \
      "the second person is of another operating body (where there is more than one)")          \
    X(PRIVACY_CONTACT, "privacy_contact", TEXT, 0, 200, "", "",                                 \
      "whom to ask about personal data, as forms say it: a name with an address")               \
    X(RETENTION_SESSIONS, "retention_sessions", INT, 1, 3650, "180", "days",                    \
      "ended sessions are purged after so long (the last one of a person stays)")               \
    X(RETENTION_KEYS, "retention_keys", INT, 1, 3650, "365", "days",                            \
      "ended and expired API keys are purged after so long")                                    \
    X(RETENTION_PEOPLE, "retention_people", INT, 1, 240, "24", "months",                        \
      "names and addresses of people who left are erased after so long")                        \
    X(RETENTION_REQUESTS, "retention_requests", INT, 1, 240, "36", "months",                    \
      "answered requests on personal data are purged after so long")                            \
    X(LOG_LEVEL, "log_level", INT, 0, 3, "1", "", "0 debug, 1 info, 2 warnings, 3 errors")

enum setting {
#define SETTING_ENUM(id, name, type, min, max, value, unit, text) SETTING_##id,
    SETTINGS(SETTING_ENUM)
#undef SETTING_ENUM
        SETTING_COUNT
};

struct setting_row {
    const char *name;
    enum setting_type type;
    int64_t min, max;  /* value of a number, bytes of a text */
    const char *value; /* default */
    const char *unit, *text;
};
extern const struct setting_row setting_table[SETTING_COUNT];

struct settings;
struct settings *settings_new(void); /* all defaults; NULL: out of memory */
void settings_free(struct settings *s);
BW_AUTO_TYPE(settings, settings_free);
/* BW_INVALID names the setting and what it takes; an unknown name says which one is nearest. */
BW_MUST_CHECK enum bw_rc settings_set(struct settings *s, struct bw_view name, struct bw_view value,
                                      struct bw_err *err);
/* A missing file is no error. Errors name file and line. */
BW_MUST_CHECK enum bw_rc settings_file(struct settings *s, const char *path, struct bw_err *err);
BW_MUST_CHECK enum bw_rc settings_environment(struct settings *s, struct bw_err *err);

int64_t setting_int(const struct settings *s, enum setting id);         /* also flags: 0 or 1 */
struct bw_view setting_text(const struct settings *s, enum setting id); /* NUL behind it */

#endif
