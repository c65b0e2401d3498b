// SPDX-License-Identifier: Apache-2.0
/* Starts the real program for tests in a browser, on a copy of the demo community that tests/http/hub.py keeps, and
 * signs people in. */
import { execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const PROGRAM = process.env.BREAKWATER || 'build/test/breakwater';
const PYTHON = fs.existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

function base32(text) {
    let bits = '';
    for (const c of text) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
    return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}

/* RFC 6238; ahead: steps of half a minute. */
export function totp(secret, ahead = 0) {
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + ahead));
    const mac = crypto.createHmac('sha1', base32(secret)).update(step).digest();
    return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

export class Hub {
    static async start() {
        const hub = new Hub();
        const from = execFileSync(PYTHON, ['-c', 'import hub; print(hub.demo_folder())'], {
            cwd: path.join(here, '..', 'http'), env: { ...process.env, BREAKWATER: path.resolve(PROGRAM) }, encoding: 'utf8',
        }).trim();
        hub.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'breakwater-test-'));
        fs.cpSync(from, hub.dir, { recursive: true });
        const args = ['serve', '--data', hub.dir, '--listen', '127.0.0.1:0', '--demo', '--set', 'password_memory=8', '--set', 'password_passes=1'];
        hub.log = fs.openSync(path.join(hub.dir, 'test.log'), 'a');
        hub.process = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', hub.log] });
        hub.ended = new Promise((done) => hub.process.on('exit', (code, signal) => done(signal || code)));
        hub.url = await new Promise((done, fail) => {
            let said = '';
            hub.process.stdout.on('data', (d) => {
                said += d;
                const m = said.match(/listening on (http:\/\/\S+)/);
                if (m) done(m[1]);
            });
            hub.ended.then(() => fail(new Error('did not start: ' + hub.logged().slice(-2000))));
        });
        const demo = JSON.parse(fs.readFileSync(path.join(hub.dir, 'demo.json')));
        hub.people = Object.fromEntries(demo.people.map((p) => [p.persona, p]));
        return hub;
    }

    logged() {
        return fs.readFileSync(path.join(this.dir, 'test.log'), 'utf8');
    }

    async stop() {
        this.process.kill('SIGTERM');
        const code = await this.ended;
        const log = this.logged();
        fs.rmSync(this.dir, { recursive: true, force: true });
        if (code !== 0 || /AddressSanitizer|runtime error|LeakSanitizer/.test(log)) throw new Error('the hub ended with ' + code + ': ' + log.slice(-4000));
    }

    async api(persona, method, place, body) {
        const answer = await fetch(this.url + place, {
            method, body: body === undefined ? undefined : JSON.stringify(body),
            headers: { Authorization: 'Bearer ' + this.people[persona].api_key, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
        });
        if (!answer.ok) throw new Error(method + ' ' + place + ': ' + answer.status + ' ' + await answer.text());
        return answer.json();
    }

    /* Both steps, by the forms, as a person does it. A code is good once: then the next one is. */
    async signIn(page, persona, language = 'en') {
        const p = this.people[persona];
        await page.goto(this.url + '/' + language + '/sign-in');
        await page.fill('main [name=email]', p.email);
        await page.fill('main [name=password]', p.password);
        await page.click('main form:not([data-passkey]) button');
        for (const ahead of [0, 1]) {
            await page.waitForSelector('main [name=code]');
            await page.fill('main [name=code]', totp(p.totp_secret, ahead));
            await page.click('main form[action$="/code"] button');
            await page.waitForLoadState();
            if (!new URL(page.url()).pathname.includes('/sign-in')) return;
        }
        throw new Error('sign-in of ' + persona + ' ended at ' + page.url());
    }
}
