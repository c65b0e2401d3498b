// SPDX-License-Identifier: Apache-2.0
/* Every page in a real browser: three languages, wide and light, narrow and dark. axe-core finds nothing, nothing
 * scrolls sideways, nothing is said on the console, the weight is small. Then the work itself: without JavaScript
 * from sign-in to sign-out, with the keyboard, and the notice on an open page.
 *
 * Environment: BREAKWATER, BREAKWATER_CACHE (see tests/http/hub.py); BREAKWATER_SHOTS: a folder for pictures. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { Hub } from './hub.mjs';
import { check, note, run, sub, test } from './tap.mjs';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const LANGUAGES = { 'en': 'en', 'zh-hant': 'zh-Hant', 'zh-hans': 'zh-Hans' };
const LOOKS = [{ width: 1280, height: 900, colorScheme: 'light' }, { width: 320, height: 700, colorScheme: 'dark' }];
const WEIGHT_MAX = 100 * 1024;
const SHOTS = process.env.BREAKWATER_SHOTS;
const LIVE_MS = 60000;
const PATIENCE_MS = 180000; // sanitizers on a busy machine are slow; nothing here measures time

let hub, browser;
const state = {}; // persona -> cookies
const ids = {};
const weights = {};

const newContext = async (o) => {
    const context = await browser.newContext(o);
    context.setDefaultTimeout(PATIENCE_MS);
    context.setDefaultNavigationTimeout(PATIENCE_MS);
    return context;
};
const look = (l) => l.width + ' ' + l.colorScheme;
const options = (l, more = {}) => ({ viewport: { width: l.width, height: l.height }, colorScheme: l.colorScheme, reducedMotion: 'reduce', ...more });

async function before() {
    hub = await Hub.start();
    browser = await chromium.launch({
        executablePath: '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync'],
    });
    for (const persona of ['hospital', 'operator', 'bank', 'hospital2', 'membership']) {
        const context = await newContext(options(LOOKS[0]));
        await hub.signIn(await context.newPage(), persona);
        state[persona] = await context.storageState();
        await context.close();
    }
    await prepare();
    await applyAs('Far Lighthouse Authority');
    await announceTerms();
}

/* Two versions of the terms, both for later: nobody is limited. The bank has accepted the first. */
async function announceTerms() {
    const as = async (persona, place, act) => {
        const context = await newContext(options(LOOKS[0], { storageState: state[persona] }));
        const page = await context.newPage();
        await page.goto(hub.url + '/en/' + place);
        await act(page);
        await context.close();
    };
    const decide = (step) => async (page) => { await page.fill('#reason', 'as agreed'); await Promise.all([page.waitForNavigation(), page.click(`button[value=${step}]`)]); };
    for (const [n, text] of [[31, '## Purpose\n\nMembers share in good faith.\n\n- No resale.'], [70, '## Purpose\n\nMembers share in good faith and soon.\n\n- No resale.']]) {
        await as('operator', 'queue/terms/draft', async (page) => {
            await page.fill('#date', new Date(Date.now() + (n + 1) * 86400e3).toISOString().slice(0, 10));
            await page.fill('#text_en', text);
            await page.fill('#text_hant', n === 31 ? '## 目的\n\n成員機構須真誠分享資料。' : '## 目的\n\n成員機構須真誠並盡快分享資料。');
            await Promise.all([page.waitForNavigation(), page.click('main form .button-primary')]);
        });
        await as('operator', 'queue/terms', decide('propose'));
        await as('membership', 'queue/terms', decide('announce'));
    }
    await as('bank', 'terms', async (page) => {
        await page.check('#agree');
        await Promise.all([page.waitForNavigation(), page.click('#accept button')]);
        ids.acceptance = /acceptances\/([a-z0-9]{26})/.exec(await page.content())[1];
    });
    ids.organisation = (await hub.api('hospital', 'GET', '/api/v1/me')).organisation.id;
}

/* An item with everything on it, a released one, a draft, a finding. */
async function prepare() {
    const org = async (persona) => (await hub.api(persona, 'GET', '/api/v1/me')).organisation.id;
    const item = (more) => hub.api('bank', 'POST', '/api/v1/items', {
        kind: 'alert', lang: 'en', tlp: 'amber', severity: 'critical', publish: true, title: 'Loader behind GreyHeron: block and look',
        body: '## What happens\n\nSeen **CVE-2026-12345** and T1566 from 198.51.100.77, https://load.quagga-cdn.com/a/very/long/path/that/does/not/fit?with=parameters&and=more,\n'
            + '44d88612fea8a8f36de82e1278abb02f44d88612fea8a8f36de82e1278abb02f.\n\n| table | of | things |\n|---|---|---|\n| a | b | c |\n\n```\nsome code that is much too long for a narrow page and has to go somewhere\n```\n\n1. one\n2. two\n\n> quoted',
        audience: { everybody: false }, ...more,
    });
    ids.item = (await item({ audience: { organisations: [await org('hospital')] } })).id;
    ids.released = (await item({ tlp: 'clear', audience: { everybody: true }, title: 'Advice for everybody: keep copies apart', body: 'Plain advice with 203.0.113.9.' })).id;
    await hub.api('operator', 'POST', '/api/v1/items/' + ids.released + '/release');
    await item({ tlp: 'clear', audience: { everybody: true }, title: 'Waits for release' });
    ids.draft = (await hub.api('hospital', 'POST', '/api/v1/items', {
        kind: 'question', lang: 'zh-hant', tlp: 'green', severity: 'low', publish: false, title: '草稿：誰見過這個？', body: '內文 198.51.100.4', audience: { everybody: true },
    })).id;
    ids.finding = (await hub.api('hospital', 'GET', '/api/v1/findings?state=new&limit=1')).items[0].id;
    await preparePeople();
    await fetch(hub.url + '/api/v1/networks', { method: 'PUT', body: 'cidr,label\n203.0.113.0/25,Ward network\n', headers: { 'Authorization': 'Bearer ' + hub.people.hospital.api_key, 'Content-Type': 'text/csv' } });
}

/* The link of that kind that lies in the spool: decoded as far as a link needs it. */
async function mailed(kind) {
    const dir = path.join(hub.dir, 'mail', 'new');
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await new Promise((next) => setTimeout(next, 200)))
        for (const f of fs.readdirSync(dir).filter((x) => x.startsWith('join-'))) {
            const m = fs.readFileSync(path.join(dir, f), 'utf8').replace(/=\r?\n/g, '').replace(/=3D/g, '=').match(new RegExp('/join/' + kind + '\\?t=(bwj_[a-z2-7]{52})'));
            if (m) return m[1];
        }
    throw new Error('no mail with a link of ' + kind);
}

/* An application on the trusted route, by the forms, as far as members are asked. */
async function applyAs(name) {
    const context = await newContext(options(LOOKS[0]));
    const page = await context.newPage();
    await page.goto(hub.url + '/en/join');
    await page.check('main [name=route][value=trusted]');
    const fields = {
        name_en: name, name_hant: '遠岸燈塔管理處', registration: 'BR-4711', domain: 'far-lighthouse.example', networks: '192.0.2.0/24', why: 'We watch the approach and want to warn.',
        contact_name: 'Ann Keeper', contact_email: 'ann@far-lighthouse.example', e1_name: 'Night desk', e1_phone: '+852 1', e2_name: 'Duty', e2_phone: '+852 2',
        r1_name: 'Ann Keeper', r1_email: 'ann@far-lighthouse.example',
    };
    for (const [field, value] of Object.entries(fields)) await page.fill('main [name=' + field + ']', value);
    await page.check('main [name=signatory][value="1"]');
    await page.click('main button[value=send]');
    ids.applied = new URL(page.url()).searchParams.get('t');
    await page.goto(hub.url + '/en/join/confirm?t=' + await mailed('confirm'));
    await page.click('main button.button-primary');
    await context.close();
    const desk = await newContext(options(LOOKS[0], { storageState: state.operator }));
    const queue = await desk.newPage();
    await queue.goto(hub.url + '/en/queue/applications');
    await queue.click('main a.item-title');
    ids.application = new URL(queue.url()).pathname.split('/').pop();
    await queue.click('main button[value=take_up]');
    await queue.waitForURL(/done=take_up/);
    await desk.close();
}

/* The hospital's people: a service, somebody invited; and the bank that acts for it. */
async function preparePeople() {
    const context = await newContext(options(LOOKS[0], { storageState: state.hospital }));
    const page = await context.newPage();
    const invite = async (name, role, address) => {
        await page.goto(hub.url + '/en/people');
        await page.fill('#pn', name);
        if (address) await page.fill('#pe', address);
        await page.selectOption('#pr', role);
        await page.click('form[action$="/people"] button');
        return (await page.getByRole('link', { name }).getAttribute('href')).split('/').pop();
    };
    ids.service = await invite('Ward monitoring', 'service');
    ids.invited = await invite('Ingrid Invited', 'representative', 'ingrid@elmo-hospital-with-a-long-name.example');
    await page.goto(hub.url + '/en/delegations');
    await page.fill('#dp', (await hub.api('bank', 'GET', '/api/v1/me')).organisation.name);
    await page.check('input[name=scope][value=claim]', { force: true });
    await page.click('form[action$="/delegations"] button');
    ids.customer = (await hub.api('hospital', 'GET', '/api/v1/me')).organisation.id;
    await context.close();
}

async function after() {
    if (browser) await browser.close();
    if (hub) await hub.stop();
}

/* name, who, path, more. picker: a list of all organisations stands on it. */
const PAGES = [
    ['public home', null, ''],
    ['advisories', null, 'advisories'],
    ['advisory', null, () => 'advisories/' + ids.released, { tlp: true }],
    ['advisories search, nothing found', null, 'advisories?q=zzzzqqq'],
    ['sign-in', null, 'sign-in'],
    ['forgotten password', null, 'sign-in/forgot'],
    ['404', null, 'nothing/here', { status: 404 }],
    ['welcome, used up', null, 'welcome?t=x', { status: 404 }],
    ['join', null, 'join'],
    ['join, progress', null, () => 'join/progress?t=' + ids.applied],
    ['join, a link that is used up', null, 'join/confirm?t=bwj_x', { status: 404 }],
    ['applicants', 'bank', 'applications'],
    ['applicant', 'bank', () => 'applications/' + ids.application],
    ['applications', 'operator', 'queue/applications'],
    ['application', 'operator', () => 'queue/applications/' + ids.application],
    ['founding member', 'operator', 'queue/applications/new'],
    ['import of organisations', 'operator', 'queue/applications/import'],
    ['standing', 'operator', 'queue/standing', { picker: true }],
    ['home', 'hospital', 'home'],
    ['items', 'hospital', 'items', { tlp: true }],
    ['item', 'hospital', () => 'items/' + ids.item, { tlp: true }],
    ['withdraw', 'bank', () => 'items/' + ids.item + '/withdraw'],
    ['drafts', 'hospital', 'drafts'],
    ['edit', 'hospital', () => 'items/' + ids.draft + '/edit', { picker: true }],
    ['write', 'hospital', 'write', { picker: true }],
    ['indicator', 'hospital', 'indicator?value=198.51.100.77', { tlp: true }],
    ['search', 'hospital', 'search'],
    ['search results', 'hospital', 'search?q=GreyHeron', { tlp: true }],
    ['search, a wrong operator', 'hospital', 'search?q=colour%3Ared%20tlp%3Apurple'],
    ['watch', 'hospital', 'watch', { tlp: true }],
    ['finding', 'hospital', () => 'watch/findings/' + ids.finding, { tlp: true }],
    ['organisation', 'hospital', 'organisation'],
    ['account', 'hospital', 'account'],
    ['confirm', 'hospital', 'account/confirm'],
    ['members', 'hospital', 'members'],
    ['people', 'hospital', 'people'],
    ['person, a service', 'hospital', () => 'people/' + ids.service],
    ['person, invited', 'hospital', () => 'people/' + ids.invited],
    ['review', 'hospital', 'people/review'],
    ['delegations', 'hospital', 'delegations'],
    ['acting for', 'bank', () => 'watch/for/' + ids.customer, { tlp: true }],
    ['people, choose', 'operator', 'people', { picker: true }],
    ['people of another', 'operator', () => 'people?of=' + ids.customer],
    ['address, used up', null, 'confirm-address?t=x', { status: 404 }],
    ['circles', 'hospital', 'circles'],
    ['members of a sector', 'hospital', 'members?class=industry'],
    ['import', 'hospital', 'import'],
    ['403', 'hospital', 'queue', { status: 403 }],
    ['queue', 'operator', 'queue'],
    ['queue members', 'operator', 'queue/members', { picker: true }],
    ['sectors', 'operator', 'queue/sectors'],
    ['circles of the desk', 'operator', 'circles'],
    ['watch, all', 'operator', 'watch?scope=all'],
    ['terms, to everybody', null, 'terms'],
    ['terms, to accept', 'hospital', 'terms'],
    ['terms, what has changed', 'bank', 'terms?version=2'],
    ['terms, the record', 'bank', () => 'terms/acceptances/' + ids.acceptance],
    ['terms, signatories', 'hospital', 'organisation/terms'],
    ['terms, the desk', 'operator', 'queue/terms'],
    ['terms, the draft', 'operator', 'queue/terms/draft'],
    ['terms, one organisation', 'operator', () => 'queue/terms/organisations/' + ids.organisation],
    ['self-check', 'operator', 'system'],
    ['staff', 'operator', 'queue/staff', { picker: true }],
    ['second person', 'operator', 'queue/approvals'],
    ['statistics', 'operator', 'statistics'],
    ['my data', 'hospital', 'privacy'],
    ['personal data', 'operator', 'queue/privacy'],
    ['programme', null, 'programme'],
    ['keep the programme', 'operator', 'queue/programme'],
];

/* Forms that come back: what is to be sent, in the page of that name. */
const ANSWERS = [
    ['preview', 'hospital', 'write', { picker: true, tlp: true }, async (page) => {
        await page.fill('#title', 'Preview of a title');
        await page.fill('#body', 'Seen 198.51.100.9 and **more**.');
        await page.check('#tlp-green', { force: true });
        await page.check('#severity-high', { force: true });
        await page.click('button[value=preview]');
    }],
    ['write, refused', 'hospital', 'write', { picker: true }, async (page) => {
        page.once('dialog', (d) => d.accept());
        await page.click('button[value=publish]');
    }],
    ['terms, not ticked', 'hospital', 'terms', {}, async (page) => {
        await page.evaluate(() => document.querySelector('#agree').removeAttribute('required'));
        await page.click('#accept button');
    }],
    ['network, refused', 'hospital', 'watch', {}, async (page) => {
        await page.fill('#cidr', '203.0.113.1/24');
        await page.click('form[action$="watch/networks"] button');
    }],
    ['sign-in, refused', null, 'sign-in', {}, async (page) => {
        await page.fill('#email', 'nobody@demo.example');
        await page.fill('#password', 'wrong wrong wrong');
        await page.click('main form button');
    }],
    ['sign-in, second step', null, 'sign-in', {}, async (page) => {
        await page.fill('#email', hub.people.sme.email);
        await page.fill('#password', hub.people.sme.password);
        await page.click('main form button');
    }],
    ['forgotten password, refused', null, 'sign-in/forgot', {}, async (page) => {
        await page.fill('#email', 'name@localhost');
        await page.click('main form button');
    }],
    ['account, refused', 'hospital', 'account', {}, async (page) => {
        await page.fill('#current', 'wrong wrong wrong');
        await page.fill('#password', 'a new one that is long');
        await page.click('form[action$="account/password"] button');
    }],
    ['another app', 'hospital', 'account', {}, async (page) => { await page.click('#app button'); }],
    ['recovery codes', 'hospital', 'account', {}, async (page) => { await page.click('#recovery button'); }],
    ['key made', 'hospital', 'organisation', {}, async (page) => {
        await page.fill('#label', 'Firewall');
        await page.click('form[action$="organisation/keys"] button');
    }],
];

function watchPage(page) {
    const heard = { console: [], weight: 0, parts: {}, requests: [] };
    page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') heard.console.push(m.text()); });
    page.on('pageerror', (e) => heard.console.push(String(e)));
    page.on('request', (r) => heard.requests.push(r.url()));
    page.on('response', async (r) => {
        const kind = r.request().resourceType();
        if (!['document', 'stylesheet', 'script'].includes(kind) || r.status() >= 300 && r.status() < 400) return;
        try { heard.parts[kind] = (await r.body()).length; } catch { /* the page went on */ }
    });
    return heard;
}

async function judge(name, page, heard, language, l, more) {
    const where = name + ', ' + language + ', ' + look(l);
    const facts = await page.evaluate(() => ({
        lang: document.documentElement.lang, title: document.title, h1: document.querySelectorAll('h1').length,
        wide: document.documentElement.scrollWidth - window.innerWidth, badges: document.querySelectorAll('main .tlp').length,
        rows: document.querySelectorAll('main .item-row').length, rowBadges: document.querySelectorAll('main .item-row .tlp').length,
        inline: document.querySelectorAll('[style], script:not([src]), style').length,
        untranslated: /\b(undefined|null|NaN)\b|\{\w+\}|\bmsg[._]\w+/.exec(document.body.innerText)?.[0] || '',
    }));
    const wrong = [];
    const language_wanted = LANGUAGES[language];
    if (!(facts.lang === language_wanted || facts.lang.startsWith(language_wanted + '-'))) wrong.push('lang is ' + facts.lang);
    if (facts.title.trim().length < 5) wrong.push('title is ' + JSON.stringify(facts.title));
    if (facts.h1 !== 1) wrong.push(facts.h1 + ' h1');
    if (facts.wide > 0) wrong.push('scrolls sideways by ' + facts.wide);
    if (facts.inline) wrong.push('inline style or script');
    if (facts.untranslated) wrong.push('says ' + facts.untranslated);
    if (more.tlp && facts.badges === 0) wrong.push('no TLP badge');
    if (facts.rowBadges < facts.rows) wrong.push('rows without a TLP badge: ' + (facts.rows - facts.rowBadges));
    const said = heard.console.filter((t) => !(more.status >= 400 && /status of (403|404)/.test(t)) && !(more.answer && /status of 4\d\d/.test(t)));
    if (said.length) wrong.push('console: ' + said.join(' | '));
    const foreign = heard.requests.filter((u) => !u.startsWith(hub.url + '/'));
    if (foreign.length) wrong.push('asks others: ' + foreign.join(' '));
    await page.evaluate(AXE);
    const found = await page.evaluate((tags) => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }), RULES);
    for (const v of found.violations) wrong.push('axe ' + v.id + ': ' + v.help + '\n  ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + '  ' + n.failureSummary.replace(/\s+/g, ' ').slice(0, 200)).join('\n  '));
    if (SHOTS) {
        fs.mkdirSync(SHOTS, { recursive: true });
        await page.screenshot({ path: path.join(SHOTS, where.replace(/[^a-z0-9]+/gi, '-') + '.png'), fullPage: true });
    }
    sub(where, wrong.length === 0, wrong.join('\n'));
}

async function visit(context, [name, , place, more = {}], language, l) {
    const page = await context.newPage();
    try {
        const heard = watchPage(page);
        const answer = await page.goto(hub.url + '/' + language + '/' + (typeof place === 'function' ? place() : place));
        check(answer.status() === (more.status || 200), name + ': status ' + answer.status());
        await judge(name, page, heard, language, l, more);
        if (language === 'en') weights[name] = { ...heard.parts, picker: more.picker };
    } catch (e) {
        sub(name + ', ' + language + ', ' + look(l), false, e.stack);
    } finally {
        await page.close();
    }
}

async function answerOf(context, [name, , place, more, act], language, l) {
    const page = await context.newPage();
    try {
        const heard = watchPage(page);
        await page.goto(hub.url + '/' + language + '/' + place);
        await Promise.all([page.waitForNavigation(), act(page)]);
        await judge(name, page, heard, language, l, { ...more, answer: true });
    } catch (e) {
        sub(name + ', ' + language + ', ' + look(l), false, e.stack);
    } finally {
        await page.close();
    }
}

/* Two pages at a time: one loads while the other is judged. */
async function both(jobs) {
    const queue = jobs.slice();
    await Promise.all([0, 1].map(async () => { while (queue.length) await queue.shift()(); }));
}

for (const l of LOOKS) {
    test('every page, ' + look(l), async () => {
        for (const persona of [null, 'hospital', 'bank', 'operator']) {
            const context = await newContext(options(l, persona ? { storageState: state[persona] } : {}));
            const jobs = [];
            for (const language of Object.keys(LANGUAGES)) {
                for (const p of PAGES.filter((x) => x[1] === persona)) jobs.push(() => visit(context, p, language, l));
                for (const a of ANSWERS.filter((x) => x[1] === persona)) if (language === 'zh-hant' || l.width > 1000) jobs.push(() => answerOf(context, a, language, l));
            }
            await both(jobs);
            await context.close();
        }
    });
}

test('a page weighs at most 100 KB', async () => {
    for (const [name, w] of Object.entries(weights)) {
        const total = (w.document || 0) + (w.stylesheet || 0) + (w.script || 0);
        note(name + ': ' + total + ' bytes (HTML ' + w.document + ', CSS ' + w.stylesheet + ', JS ' + w.script + ')'
            + (w.picker ? ' with a list of all organisations' : ''));
        check(w.stylesheet > 1000 && w.script > 1000, name + ' was not measured');
        sub('weight of ' + name, total <= WEIGHT_MAX || w.picker && total <= 2 * WEIGHT_MAX, total);
    }
});

// ---- keyboard -----------------------------------------------------------------------------------

test('keyboard', async () => {
    const context = await newContext(options(LOOKS[0], { storageState: state.hospital }));
    const page = await context.newPage();
    const focused = () => page.evaluate(() => { const e = document.activeElement; return { tag: e.tagName, href: e.getAttribute('href'), search: e.hasAttribute('data-search'), cls: e.className }; });
    await page.goto(hub.url + '/en/items');
    await page.keyboard.press('Tab');
    check((await focused()).cls.includes('skip-link'), 'the first stop leads past the header');
    const box = await page.evaluate(() => document.activeElement.getBoundingClientRect().toJSON());
    check(box.top >= 0 && box.height > 10, 'and is to be seen: ' + JSON.stringify(box));
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    check(await page.evaluate(() => document.querySelector('main').contains(document.activeElement)), 'into the main part');
    await page.goto(hub.url + '/en/items');
    await page.keyboard.press('/');
    check((await focused()).search, '/ goes to the search box');
    await page.keyboard.type('/j?k');
    check(await page.evaluate(() => document.activeElement.value) === '/j?k', 'keys in a field are letters');
    check(!(await page.evaluate(() => document.querySelector('dialog[data-help]').open)), 'also ?');
    await page.goto(hub.url + '/en/items');
    const links = await page.$$eval('[data-list] a.item-title', (all) => all.map((a) => a.getAttribute('href')));
    check(links.length > 3, 'a list');
    await page.keyboard.press('j');
    check((await focused()).href === links[0], 'j: the first');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    check((await focused()).href === links[2], 'j j: the third');
    await page.keyboard.press('k');
    check((await focused()).href === links[1], 'k: one back');
    const outline = await page.evaluate(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; });
    check(outline, 'what has the focus shows it');
    await page.keyboard.press('?');
    check(await page.evaluate(() => document.querySelector('dialog[data-help]').open), '? opens the help');
    await page.evaluate(AXE);
    const found = await page.evaluate((tags) => axe.run('dialog[data-help]', { runOnly: { type: 'tag', values: tags } }), RULES);
    check(found.violations.length === 0, 'axe in the help: ' + found.violations.map((v) => v.id));
    await page.keyboard.press('Escape');
    check(!(await page.evaluate(() => document.querySelector('dialog[data-help]').open)), 'Escape closes it');
    await page.keyboard.press('?');
    await page.click('[data-keys-toggle]');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    check((await focused()).href !== links[2], 'shortcuts can be switched off');
    await page.reload();
    await page.keyboard.press('/');
    check(!(await focused()).search, 'and stay so');
    await page.goto(hub.url + '/en/items');
    await page.focus(`[data-list] a.item-title[href="${links[0]}"]`);
    await page.keyboard.press('Enter');
    await page.waitForURL('**' + links[0]);
    await context.close();
});

test('an error summary takes the focus and leads to the field', async () => {
    const context = await newContext(options(LOOKS[0], { storageState: state.hospital }));
    const page = await context.newPage();
    page.on('dialog', (d) => d.accept());
    await page.goto(hub.url + '/en/write');
    await Promise.all([page.waitForNavigation(), page.click('button[value=publish]')]);
    check(await page.evaluate(() => document.activeElement.classList.contains('error-summary')), 'focus');
    await page.click('.error-summary a[href="#title"]');
    check(await page.evaluate(() => document.activeElement.id) === 'title', 'the field');
    await context.close();
});

test('the menu of a narrow page opens and closes', async () => {
    const context = await newContext(options(LOOKS[1], { storageState: state.hospital }));
    const page = await context.newPage();
    await page.goto(hub.url + '/en/home');
    check(!(await page.isVisible('#nav a')), 'shut at first');
    await page.click('.nav-toggle');
    check(await page.isVisible('#nav a'), 'open');
    await page.evaluate(AXE);
    const found = await page.evaluate((tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } }), RULES);
    check(found.violations.length === 0, 'axe: ' + found.violations.map((v) => v.id + ' ' + v.nodes[0].html.slice(0, 100)));
    await page.keyboard.press('Escape');
    check(!(await page.isVisible('#nav a')), 'shut again');
    await context.close();
});

// ---- languages, themes, print -------------------------------------------------------------------

test('the same page in another language', async () => {
    const context = await newContext(options(LOOKS[0], { storageState: state.hospital }));
    const page = await context.newPage();
    await page.goto(hub.url + '/en/search?q=GreyHeron');
    await page.click('.langs a[hreflang^="zh-Hant"]');
    check(new URL(page.url()).pathname === '/zh-hant/search' && page.url().includes('q=GreyHeron'), page.url());
    await page.click('.langs a[hreflang^="zh-Hans"]');
    check(new URL(page.url()).pathname === '/zh-hans/search', page.url());
    await context.close();
});

test('a theme that was chosen stays, and holds in dark and light', async () => {
    const context = await newContext(options(LOOKS[0], { storageState: state.hospital }));
    const page = await context.newPage();
    await page.goto(hub.url + '/en/home');
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await page.click('details.menu summary');
    for (let i = 0; i < 3 && await page.evaluate(() => document.documentElement.dataset.theme) !== 'dark'; i++) await page.click('[data-theme-toggle]');
    const dark = await background();
    check(light !== dark, 'dark is another colour: ' + dark);
    await page.goto(hub.url + '/en/items');
    check(await background() === dark, 'on the next page');
    check((await (await context.request.get(hub.url + '/en/items')).text()).includes('data-theme="dark"'), 'the server knows it: nothing flashes');
    await context.close();
});

test('print has the label on the page and no buttons', async () => {
    const context = await newContext(options(LOOKS[0], { storageState: state.hospital }));
    const page = await context.newPage();
    await page.goto(hub.url + '/en/items/' + ids.item);
    await page.emulateMedia({ media: 'print' });
    check(await page.evaluate(() => document.body.dataset.tlp) === 'TLP:AMBER', 'label of the page');
    check(await page.isVisible('main .tlp'), 'the badge is printed');
    check(!(await page.isVisible('.site-header')) && !(await page.isVisible('main button')), 'no header, no buttons');
    const pdf = await page.pdf({ format: 'A4' });
    check(pdf.length > 5000 && pdf.subarray(0, 5).toString() === '%PDF-', 'it prints');
    await context.close();
});

// ---- with JavaScript ----------------------------------------------------------------------------

test('a notice appears on an open page when another member publishes', async () => {
    const context = await newContext(options(LOOKS[0], { storageState: state.hospital }));
    const [page, second] = [await context.newPage(), await context.newPage()];
    const other = await newContext(options(LOOKS[0], { storageState: state.hospital2 }));
    const elsewhere = await other.newPage();
    await page.goto(hub.url + '/en/home');
    await second.goto(hub.url + '/zh-hant/items');
    await elsewhere.goto(hub.url + '/en/home');
    check(!(await page.isVisible('.live-notice')), 'nothing at first');
    await page.waitForTimeout(1500); // the stream has to be open
    const me = await hub.api('hospital', 'GET', '/api/v1/me');
    const item = await hub.api('bank', 'POST', '/api/v1/items', {
        kind: 'alert', lang: 'en', tlp: 'amber', severity: 'high', publish: true, title: 'Seen while you read', body: 'x', audience: { organisations: [me.organisation.id] },
    });
    await page.waitForSelector('.live-notice', { state: 'visible', timeout: LIVE_MS });
    await second.waitForSelector('.live-notice', { state: 'visible', timeout: LIVE_MS });
    check(await page.isVisible('[data-bell] .dot'), 'and a dot at the bell');
    await page.evaluate(AXE);
    const found = await page.evaluate((tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } }), RULES);
    check(found.violations.length === 0, 'axe: ' + found.violations.map((v) => v.id));
    await elsewhere.waitForTimeout(1000);
    check(!(await elsewhere.isVisible('.live-notice')), 'not for whom it does not concern');
    await page.click('.live-notice a');
    await page.waitForLoadState();
    check((await page.content()).includes(item.id), 'and it is on the page that it leads to');
    await page.close();
    await second.waitForTimeout(1500); // another tab takes the stream over
    await hub.api('bank', 'POST', '/api/v1/items', {
        kind: 'alert', lang: 'en', tlp: 'amber', severity: 'high', publish: true, title: 'And again', body: 'x', audience: { organisations: [me.organisation.id] },
    });
    await second.reload();
    check((await second.content()).includes('And again'), 'listed');
    await context.close();
    await other.close();
});

test('what was typed is kept on this device until it is sent', async () => {
    const context = await newContext(options(LOOKS[0], { storageState: state.hospital }));
    const page = await context.newPage();
    page.on('dialog', (d) => d.accept());
    await page.goto(hub.url + '/en/write');
    await page.fill('#title', 'Kept in the browser');
    await page.waitForFunction(() => document.querySelector('[data-autosave-status]').textContent !== '');
    await page.goto(hub.url + '/en/home');
    await page.goto(hub.url + '/en/write');
    await page.click('[data-autosave-restore]');
    check(await page.inputValue('#title') === 'Kept in the browser', 'given back');
    await page.check('#tlp-red', { force: true });
    await page.waitForFunction(() => !Object.keys(localStorage).some((k) => k.includes('draft:')));
    await context.close();
});

// ---- without JavaScript -------------------------------------------------------------------------

test('without JavaScript: sign in, write to a circle, preview, publish, read, acknowledge, sign out', async () => {
    const plain = options(LOOKS[0], { javaScriptEnabled: false });
    const me = await hub.api('hospital', 'GET', '/api/v1/me'), her = await hub.api('hospital2', 'GET', '/api/v1/me');
    const circle = me.organisation.circles.find((c) => her.organisation.circles.some((d) => d.id === c.id));
    check(circle, 'the two hospitals share a circle');
    const context = await newContext(plain);
    const page = await context.newPage();
    await page.waitForTimeout(100);
    await hub.signIn(page, 'sme');
    check(new URL(page.url()).pathname === '/en/home', page.url());
    check(!(await page.isVisible('.live-notice')), 'no empty notice');
    await page.click('details.menu summary');
    await page.click('details.menu form button');
    check(page.url().includes('done=signed-out'), 'signed out: ' + page.url());
    await page.goto(hub.url + '/en/home');
    check(page.url().includes('/sign-in'), 'really');
    await context.close();

    const writer = await newContext({ ...plain, storageState: state.hospital });
    const w = await writer.newPage();
    await w.goto(hub.url + '/en/home');
    await w.goto(hub.url + '/en/write');
    await w.fill('#title', 'Written without any script');
    await w.fill('#body', 'Look for **198.51.100.33** and lure.no-script.example.net');
    await w.check('#tlp-amber', { force: true });
    await w.check('#severity-high', { force: true });
    await w.check('#audience-chosen', { force: true });
    await w.check(`input[name=circle][value="${circle.id}"]`, { force: true });
    await w.click('button[value=preview]');
    const preview = await w.textContent('.preview');
    check(preview.includes(circle.name), 'the preview says who will see it: ' + preview.slice(0, 200));
    check(preview.includes('198[.]51[.]100[.]33') && preview.includes('lure[.]no-script[.]example[.]net'), 'indicators are recognised');
    check(await w.inputValue('#title') === 'Written without any script' && await w.isChecked('#tlp-amber'), 'all is kept in the form');
    await w.click('button[value=publish]');
    check(/\/en\/items\/[a-z2-7]{26}/.test(w.url()), 'published: ' + w.url());
    const place = new URL(w.url()).pathname;

    const reader = await newContext({ ...plain, storageState: state.hospital2 });
    const r = await reader.newPage();
    await r.goto(hub.url + '/en/items');
    await r.click(`a[href="${place}"]`);
    check((await r.textContent('h1')) === 'Written without any script', 'the other member reads it');
    check((await r.textContent('.who')).includes(circle.name), 'and who else does');
    check((await r.textContent('main .tlp')) === 'TLP:AMBER', 'with its label');
    await reader.close();
    const outsider = await newContext({ ...plain, storageState: state.bank });
    const o = await outsider.newPage();
    check((await o.goto(hub.url + place)).status() === 404, 'others do not');
    await outsider.close();

    await w.goto(hub.url + '/en/watch');
    const rows = await w.$$('form[action$="/acknowledge"] button');
    check(rows.length > 0, 'findings to acknowledge');
    await rows[0].click();
    check((await w.textContent('main')).length > 100 && /\/en\/watch/.test(w.url()), 'acknowledged: ' + w.url());
    check((await w.$$('form[action$="/acknowledge"] button')).length < rows.length, 'one less');
    await w.fill('main [name=cidr]', '203.0.113.128/26');
    await w.click('form[action$="watch/networks"] button');
    check((await w.textContent('#networks')).includes('203.0.113.128/26'), 'a network is entered');
    await w.goto(hub.url + '/en/search');
    await w.fill('main [name=q]', 'lure.no-script.example.net');
    await w.click('main form button');
    check((await w.content()).includes(place), 'and found again');
    await w.click('details.menu summary');
    await w.click('details.menu form button');
    check(w.url().includes('done=signed-out'), 'signed out: ' + w.url());
    await w.goto(hub.url + place);
    check(w.url().includes('/sign-in'), 'the page is shut');
    await writer.close();
});

run(before, after);
