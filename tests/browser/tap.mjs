// SPDX-License-Identifier: Apache-2.0
/* TAP for browser tests: cases in order, each fails by itself. */
const cases = [];
let n = 0, bad = 0;

export function test(name, fn) {
    cases.push([name, fn]);
}

export function sub(name, ok, why = '') {
    n += 1;
    if (!ok) bad += 1;
    console.log((ok ? 'ok ' : 'not ok ') + n + ' - ' + name.replace(/#/g, ''));
    if (!ok && why) console.log('# ' + String(why).replace(/\n/g, '\n# '));
    return ok;
}

export function note(text) {
    console.log('# ' + text.replace(/\n/g, '\n# '));
}

export function check(ok, what) {
    if (!ok) throw new Error(what);
}

export async function run(before, after) {
    console.log('TAP version 13');
    try {
        await before();
        for (const [name, fn] of cases) {
            try {
                await fn();
                sub(name, true);
            } catch (e) {
                sub(name, false, e.stack);
            }
        }
    } catch (e) {
        sub('set up', false, e.stack);
    } finally {
        try { await after(); } catch (e) { sub('the hub ends well', false, e.stack); }
    }
    console.log('1..' + n);
    process.exit(bad ? 1 : 0);
}
