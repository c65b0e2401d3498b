// SPDX-License-Identifier: Apache-2.0
/* Passkeys in a real browser with an authenticator that exists in it alone (CDP, WebAuthn.addVirtualAuthenticator):
 * added to the account, used as second step, used alone, removed; and what is left without JavaScript. */
import { chromium } from 'playwright-core';
import { Hub } from './hub.mjs';
import { check, run, test } from './tap.mjs';

const PATIENCE_MS = 180000;
let hub, browser;

async function before() {
    hub = await Hub.start();
    hub.url = hub.url.replace('127.0.0.1', 'localhost'); // an address is no name that a passkey can be made for
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
}

async function after() {
    if (browser) await browser.close();
    if (hub) await hub.stop();
}

/* A browser with an authenticator; its key store is the context's page. */
async function visitor(options = {}) {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    context.setDefaultNavigationTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const said = [];
    page.on('console', (m) => { if (m.type() === 'error' && !/status of 4\d\d/.test(m.text())) said.push(m.text()); });
    page.on('pageerror', (e) => said.push(String(e)));
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
        options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    return { context, page, cdp, authenticatorId, said };
}

const at = (page) => new URL(page.url()).pathname;

async function arrives(page, path) {
    await page.waitForURL((u) => u.pathname === path, { timeout: PATIENCE_MS });
}

async function signOut(page) {
    await page.goto(hub.url + '/en/home');
    await page.click('details.menu > summary');
    await page.click('form[action$="/sign-out"] button');
    await arrives(page, '/en/sign-in');
}

async function addPasskey(page, name) {
    await page.goto(hub.url + '/en/account');
    await page.waitForSelector('#name');
    await page.fill('#name', name);
    await page.click('form[data-passkey=make] button');
    await page.waitForSelector('.notice-good, .error-summary, [data-passkey-failed]:not([hidden])');
    check(await page.locator('.notice-good').count() === 1, 'added: ' + await page.locator('main').innerText());
}

let v;

test('a passkey is added to the account', async () => {
    v = await visitor();
    await hub.signIn(v.page, 'bank');
    await addPasskey(v.page, 'Virtual key');
    check((await v.page.locator('#passkeys tbody tr').innerText()).includes('Virtual key'), 'it is listed');
    const { credentials } = await v.cdp.send('WebAuthn.getCredentials', { authenticatorId: v.authenticatorId });
    check(credentials.length === 1 && credentials[0].rpId === 'localhost' && credentials[0].isResidentCredential, 'kept by the authenticator');
    await signOut(v.page);
});

test('it signs in alone, without a password', async () => {
    await v.page.goto(hub.url + '/en/sign-in?next=/en/items');
    await v.page.click('form[data-passkey=use] button');
    await arrives(v.page, '/en/items');
    await signOut(v.page);
});

test('it is the second step after the password', async () => {
    const p = hub.people.bank;
    await v.page.goto(hub.url + '/zh-hant/sign-in');
    await v.page.fill('main [name=email]', p.email);
    await v.page.fill('main [name=password]', p.password);
    await v.page.click('main form:not([data-passkey]) button');
    await v.page.waitForSelector('form[data-passkey=use]');
    await v.page.click('form[data-passkey=use] button');
    await arrives(v.page, '/zh-hant/home');
});

test('who does not verify is not signed in', async () => {
    await signOut(v.page);
    await v.cdp.send('WebAuthn.setUserVerified', { authenticatorId: v.authenticatorId, isUserVerified: false });
    await v.page.click('form[data-passkey=use] button');
    await v.page.waitForSelector('[data-passkey-failed]:not([hidden])');
    check(at(v.page) === '/en/sign-in', 'still outside');
    await v.cdp.send('WebAuthn.setUserVerified', { authenticatorId: v.authenticatorId, isUserVerified: true });
    await v.page.click('form[data-passkey=use] button');
    await arrives(v.page, '/en/home');
});

test('an authenticator that was copied is refused', async () => {
    await signOut(v.page);
    const { credentials } = await v.cdp.send('WebAuthn.getCredentials', { authenticatorId: v.authenticatorId });
    const copy = { ...credentials[0], signCount: 0 };
    await v.cdp.send('WebAuthn.removeCredential', { authenticatorId: v.authenticatorId, credentialId: copy.credentialId });
    await v.cdp.send('WebAuthn.addCredential', { authenticatorId: v.authenticatorId, credential: copy });
    await v.page.click('form[data-passkey=use] button');
    await v.page.waitForSelector('.error-summary');
    check((await v.page.innerText('.error-summary')).includes('copied'), await v.page.innerText('.error-summary'));
    await v.cdp.send('WebAuthn.removeCredential', { authenticatorId: v.authenticatorId, credentialId: copy.credentialId });
    await v.cdp.send('WebAuthn.addCredential', { authenticatorId: v.authenticatorId, credential: { ...copy, signCount: 1000 } });
    await v.page.goto(hub.url + '/en/sign-in');
    await v.page.click('form[data-passkey=use] button');
    await arrives(v.page, '/en/home');
});

test('removed it signs nobody in', async () => {
    await v.page.goto(hub.url + '/en/account');
    v.page.on('dialog', (d) => d.accept());
    await v.page.click('#passkeys tbody button');
    await v.page.waitForSelector('.notice-good');
    await signOut(v.page);
    await v.page.click('form[data-passkey=use] button');
    await v.page.waitForSelector('.error-summary');
    check(at(v.page).endsWith('/sign-in/passkey'), 'refused');
    check(v.said.length === 0, 'console: ' + v.said.join(' | '));
    await v.context.close();
});

test('without JavaScript the code of the app is the way, and nothing of passkeys is in it', async () => {
    const w = await visitor({ javaScriptEnabled: false });
    await w.page.goto(hub.url + '/en/sign-in');
    check(!await w.page.locator('form[data-passkey]').isVisible(), 'the form stays hidden');
    await hub.signIn(w.page, 'hospital');
    await w.page.goto(hub.url + '/en/account');
    check(!await w.page.locator('form[data-passkey]').isVisible(), 'hidden here, too');
    check((await w.page.locator('#passkeys').innerText()).includes('JavaScript'), 'and it is said why');
    await w.context.close();
});

run(before, after);
