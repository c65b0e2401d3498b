// SPDX-License-Identifier: Apache-2.0
/* Passkeys: the form says what is wanted (data-passkey), the browser asks the authenticator, and its answer goes into
 * the form's hidden fields. The sealed state in the form is the challenge. Without this file the forms stay hidden
 * and signing in goes on with the code of an app. Words come from the server. */
(() => {
    'use strict';

    if (!window.PublicKeyCredential || !navigator.credentials) return;

    const utf8 = (text) => new TextEncoder().encode(text);
    const toBase64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
    const fromBase64 = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const keys = (text) => (text || '').split(' ').filter(Boolean).map((id) => ({ type: 'public-key', id: fromBase64(id) }));
    const put = (form, name, bytes) => { form.elements[name].value = bytes ? toBase64(bytes) : ''; };

    async function make(form) {
        const d = form.dataset;
        const made = await navigator.credentials.create({ publicKey: {
            challenge: fromBase64(form.elements.state.value),
            rp: { id: d.rp, name: d.rpName },
            user: { id: utf8(d.user), name: d.account, displayName: d.display },
            pubKeyCredParams: [{ type: 'public-key', alg: -7 }, { type: 'public-key', alg: -8 }],
            authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
            excludeCredentials: keys(d.keys), attestation: 'none', timeout: 240000,
        } });
        put(form, 'client_data', made.response.clientDataJSON);
        put(form, 'attestation', made.response.attestationObject);
    }

    async function use(form) {
        const d = form.dataset;
        const used = await navigator.credentials.get({ publicKey: {
            challenge: fromBase64(form.elements.state.value), rpId: d.rp, allowCredentials: keys(d.keys),
            userVerification: d.verify, timeout: 240000,
        } });
        put(form, 'id', used.rawId);
        put(form, 'client_data', used.response.clientDataJSON);
        put(form, 'authenticator_data', used.response.authenticatorData);
        put(form, 'signature', used.response.signature);
        put(form, 'user', used.response.userHandle);
    }

    document.querySelectorAll('form[data-passkey]').forEach((form) => {
        const said = form.querySelector('[data-passkey-failed]');
        let asked = false;
        form.hidden = false;
        form.addEventListener('submit', async (e) => {
            if (asked) return;
            e.preventDefault();
            said.hidden = true;
            try {
                await (form.dataset.passkey === 'make' ? make(form) : use(form));
                asked = true;
                HTMLFormElement.prototype.submit.call(form);
            } catch {
                said.hidden = false; // given up, not there, or not of this hub: the person may try again
            }
        });
    });
})();
