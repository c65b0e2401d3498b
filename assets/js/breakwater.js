// SPDX-License-Identifier: Apache-2.0
/* Breakwater in the browser: only what improves a page that already works without it.
 *
 * Rules: no markup is ever made from strings (textContent and attributes alone), no words of its
 * own (the server supplies every text in data- attributes, in the reader's language), no address
 * but the page's own. A part that fails leaves the rest working: each is started by itself. */
(() => {
    'use strict';

    const doc = document, root = doc.documentElement;
    const all = (sel, from) => Array.from((from || doc).querySelectorAll(sel));
    const one = (sel, from) => (from || doc).querySelector(sel);

    /* Storage may be refused (private windows, policy): then nothing is remembered. */
    const store = {
        get(key) { try { return localStorage.getItem('bw:' + key); } catch { return null; } },
        set(key, value) { try { localStorage.setItem('bw:' + key, value); return true; } catch { return false; } },
        drop(key) { try { localStorage.removeItem('bw:' + key); } catch { /* nothing kept */ } },
        keys() { try { return Object.keys(localStorage).filter((k) => k.startsWith('bw:')).map((k) => k.slice(3)); } catch { return []; } },
    };

    /* One polite region for the whole page; cleared first so that equal texts are read again. */
    const announce = (text) => {
        const region = one('[data-announce]');
        if (!region || !text) return;
        region.textContent = '';
        setTimeout(() => { region.textContent = text; }, 60);
    };

    /* "{n} of {total}" -> "12 of 280" */
    const fill = (pattern, values) => (pattern || '').replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

    /* ---- Theme: auto, light, dark. Runs at once so that a pinned theme does not flash. The cookie
     * lets the server write data-theme itself. ---- */
    const THEMES = ['auto', 'light', 'dark'];
    const applyTheme = (theme) => {
        if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
        else delete root.dataset.theme;
    };
    const theme = () => { const t = store.get('theme'); return THEMES.includes(t) ? t : (root.dataset.theme || 'auto'); };
    applyTheme(theme());

    function startTheme() {
        const paint = () => all('[data-theme-toggle]').forEach((b) => {
            b.hidden = false;
            b.textContent = b.getAttribute('data-' + theme()) || b.textContent;
        });
        all('[data-theme-toggle]').forEach((b) => b.addEventListener('click', () => {
            const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
            store.set('theme', next);
            doc.cookie = 'theme=' + next + ';path=/;max-age=31536000;samesite=lax' + (location.protocol === 'https:' ? ';secure' : '');
            applyTheme(next);
            paint();
        }));
        paint();
        addEventListener('storage', (e) => { if (e.key === 'bw:theme') { applyTheme(theme()); paint(); } });
    }

    /* ---- Live: one stream per browser. The tab that holds the lock reads the stream and tells the
     * others; without Web Locks each visible tab reads for itself. An event carries no content. ---- */
    function startLive() {
        const url = doc.body.dataset.live;
        if (!url || !('EventSource' in window)) return;
        const notice = one('.live-notice');
        const channel = 'BroadcastChannel' in window ? new BroadcastChannel('bw-live') : null;
        const locks = navigator.locks;
        let stream = null, release = null, waiting = null, retry = 0, failures = 0, over = false, last = '';

        const show = (id) => {
            if (id === last) return;
            last = id;
            if (notice && notice.hidden) { notice.hidden = false; announce(notice.textContent.trim()); }
            all('[data-bell]').forEach((bell) => {
                const dot = one('.dot', bell), words = one('[data-bell-text]', bell);
                if (dot) { dot.hidden = false; dot.classList.remove('is-on'); void dot.getBoundingClientRect(); dot.classList.add('is-on'); }
                if (words && bell.dataset.bellNew) words.textContent = bell.dataset.bellNew;
            });
        };
        const close = () => {
            clearTimeout(retry);
            if (stream) { stream.close(); stream = null; }
        };
        const leave = () => {
            close();
            if (waiting) { waiting.abort(); waiting = null; }
            if (release) { release(); release = null; }
        };
        const end = () => { over = true; leave(); };
        const open = () => {
            if (over || stream) return;
            stream = new EventSource(url);
            stream.addEventListener('open', () => { failures = 0; });
            stream.addEventListener('new', (e) => {
                let id = null;
                try { id = JSON.parse(e.data).id; } catch { /* not ours */ }
                if (typeof id !== 'string' || id.length > 200) return;
                show(id);
                if (channel) channel.postMessage({ is: 'new', id });
            });
            stream.addEventListener('bye', () => {
                if (channel) channel.postMessage({ is: 'bye' });
                end();
            });
            /* The browser itself reconnects after a cut; after a refusal it does not. Then we ask
             * again, ever more rarely, and stop after six refusals. */
            stream.addEventListener('error', () => {
                if (!stream || stream.readyState !== EventSource.CLOSED) return;
                close();
                failures += 1;
                if (failures > 6) leave();
                else retry = setTimeout(open, Math.min(600, 15 * 2 ** failures) * 1000 * (0.75 + Math.random() / 2));
            });
        };
        const join = () => {
            if (over || stream || waiting) return;
            if (!locks || !channel) { if (!doc.hidden) open(); return; }
            waiting = new AbortController();
            locks.request('bw-live', { signal: waiting.signal }, () => new Promise((done) => {
                waiting = null;
                release = done;
                open();
            })).catch(() => { waiting = null; });
        };
        if (channel) channel.addEventListener('message', (e) => {
            const m = e.data;
            if (m && m.is === 'new' && typeof m.id === 'string') show(m.id);
            else if (m && m.is === 'bye') end();
        });
        if (!locks || !channel) doc.addEventListener('visibilitychange', () => { if (doc.hidden) close(); else join(); });
        addEventListener('pagehide', leave);
        addEventListener('pageshow', (e) => { if (e.persisted) join(); });
        join();
    }

    /* ---- Copy: data-copy="#id" (an element's text or a field's value), data-copy-text, or a link
     * with data-copy-url, which without script simply opens what would be copied. ---- */
    async function copyFrom(button) {
        if (button.dataset.copyText !== undefined) return button.dataset.copyText;
        if (button.dataset.copy) {
            const from = doc.getElementById(button.dataset.copy.replace(/^#/, ''));
            return from ? ('value' in from ? from.value : from.textContent.trim()) : '';
        }
        const url = new URL(button.href, location.href);
        if (url.origin !== location.origin) throw new Error('elsewhere');
        const answer = await fetch(url, { credentials: 'same-origin' });
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.text();
    }
    async function toClipboard(text) {
        if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
        const area = doc.createElement('textarea');
        area.value = text;
        area.className = 'visually-hidden';
        doc.body.append(area);
        area.select();
        const done = doc.execCommand('copy');
        area.remove();
        if (!done) throw new Error('refused');
    }
    function startCopy() {
        all('button[data-copy], button[data-copy-text]').forEach((b) => { b.hidden = false; });
        doc.addEventListener('click', async (e) => {
            const b = e.target.closest('[data-copy], [data-copy-text], a[data-copy-url]');
            if (!b || e.ctrlKey || e.metaKey || e.shiftKey) return;
            e.preventDefault();
            const label = one('[data-copy-label]', b) || b;
            if (!('was' in label.dataset)) label.dataset.was = label.textContent;
            let text = b.dataset.copied;
            try { await toClipboard(await copyFrom(b)); } catch { text = b.dataset.copyFailed; }
            if (text) {
                label.textContent = text;
                announce(text);
                clearTimeout(b.bwTimer);
                b.bwTimer = setTimeout(() => { label.textContent = label.dataset.was; delete label.dataset.was; }, 2000);
            }
        });
    }

    /* ---- Keyboard: / search, ? help, j and k along a list. Can be switched off (WCAG 2.1.4). ---- */
    function startKeys() {
        const help = one('dialog[data-help]');
        const on = () => store.get('keys') !== 'off';
        const openHelp = () => { if (help && help.showModal && !help.open) help.showModal(); };
        const paint = () => all('[data-keys-toggle]').forEach((b) => {
            b.hidden = false;
            b.textContent = (on() ? b.dataset.on : b.dataset.off) || b.textContent;
        });
        all('[data-keys-toggle]').forEach((b) => b.addEventListener('click', () => {
            store.set('keys', on() ? 'off' : 'on');
            paint();
            announce(b.textContent);
        }));
        all('[data-help-open]').forEach((b) => { b.hidden = !help; b.addEventListener('click', openHelp); });
        paint();

        const step = (by) => {
            const links = all('[data-list] a.item-title').filter((a) => a.getClientRects().length);
            if (!links.length) return;
            const row = doc.activeElement && doc.activeElement.closest('[data-list] > *');
            const here = row ? links.findIndex((a) => row.contains(a)) : -1;
            const next = here < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, here + by));
            links[next].focus();
            links[next].scrollIntoView({ block: 'nearest' });
        };
        doc.addEventListener('keydown', (e) => {
            if (e.defaultPrevented || e.isComposing || e.ctrlKey || e.metaKey || e.altKey || !on()) return;
            const t = e.target;
            if (t.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName) || (help && help.open)) return;
            if (e.key === '/') {
                const box = one('main [data-search]') || one('[data-search]');
                if (!box) return;
                box.focus();
                box.select();
            } else if (e.key === '?') openHelp();
            else if (e.key === 'j') step(1);
            else if (e.key === 'k') step(-1);
            else return;
            e.preventDefault();
        });
    }

    /* ---- Autosave: form[data-autosave="key"] keeps a draft on this device until it is sent. Never
     * kept: passwords, files, hidden fields, [data-no-autosave], and anything while a choice marked
     * data-autosave-off (TLP:RED) is made. Signing out drops all drafts. ---- */
    const DRAFT_DAYS = 7;
    function startAutosave() {
        store.keys().filter((k) => k.startsWith('draft:')).forEach((k) => {
            let at = 0;
            try { at = JSON.parse(store.get(k)).at; } catch { /* drop it */ }
            if (doc.body.hasAttribute('data-signed-out') || !(Date.now() - at < DRAFT_DAYS * 864e5)) store.drop(k);
        });
        all('form[data-drop-drafts]').forEach((f) => f.addEventListener('submit', () => store.keys().filter((k) => k.startsWith('draft:')).forEach((k) => store.drop(k))));
        all('form[data-autosave]').forEach(autosave);
    }
    function autosave(form) {
        const key = 'draft:' + (form.dataset.autosave || location.pathname);
        const fields = () => Array.from(form.elements).filter((f) => f.name && !f.closest('[data-no-autosave]')
            && !/^(password|file|hidden|submit|button|reset)$/.test(f.type) && f.tagName !== 'FIELDSET' && f.tagName !== 'OUTPUT');
        const ticked = (f) => f.type === 'checkbox' || f.type === 'radio';
        const read = () => fields().filter((f) => !ticked(f) || f.checked).map((f) => [f.name, f.value]);
        const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
        const two = (n) => String(n).padStart(2, '0');
        const clock = (at) => { const d = new Date(at); return d.getFullYear() + '-' + two(d.getMonth() + 1) + '-' + two(d.getDate()) + ' ' + two(d.getHours()) + ':' + two(d.getMinutes()); };
        const status = one('[data-autosave-status]', form), notice = one('[data-autosave-notice]', form);
        const first = read();
        let timer = 0, sent = false, asking = false;

        const save = () => {
            clearTimeout(timer);
            if (sent || asking) return;
            const now = read();
            if (same(now, first) || one('[data-autosave-off]:checked', form)) {
                store.drop(key);
                if (status) status.textContent = '';
                return;
            }
            const at = Date.now();
            if (store.set(key, JSON.stringify({ at, fields: now })) && status) status.textContent = fill(form.dataset.autosaveSaved, { time: clock(at) });
        };
        const restore = (saved) => {
            fields().forEach((f) => {
                const values = saved.filter((p) => Array.isArray(p) && p[0] === f.name).map((p) => String(p[1]));
                if (ticked(f)) f.checked = values.includes(f.value);
                else if (values.length) f.value = values[0];
                f.dispatchEvent(new Event('change', { bubbles: true }));
            });
        };
        let draft = null;
        try { draft = JSON.parse(store.get(key)); } catch { /* unreadable: as if none */ }
        if (draft && Array.isArray(draft.fields) && notice && !same(draft.fields, first)) {
            asking = true;
            const words = one('[data-autosave-text]', notice) || notice;
            if (form.dataset.autosaveFound) words.textContent = fill(form.dataset.autosaveFound, { time: clock(draft.at) });
            notice.hidden = false;
            const answer = (fn) => () => { asking = false; notice.hidden = true; fn(); const f = fields()[0]; if (f) f.focus(); };
            all('[data-autosave-restore]', notice).forEach((b) => b.addEventListener('click', answer(() => { restore(draft.fields); save(); })));
            all('[data-autosave-discard]', notice).forEach((b) => b.addEventListener('click', answer(() => store.drop(key))));
        }
        const soon = () => { if (!asking) { clearTimeout(timer); timer = setTimeout(save, 800); } };
        form.addEventListener('input', soon);
        form.addEventListener('change', soon);
        form.addEventListener('submit', (e) => { if (!e.defaultPrevented) { sent = true; clearTimeout(timer); store.drop(key); } });
        addEventListener('pagehide', save);
    }

    /* ---- Audience picker: the parts are all there without script; with it they follow the choice. ---- */
    function startAudience() {
        all('[data-audience]').forEach((box) => {
            const paint = () => {
                const chosen = one('input[data-audience-choice]:checked', box);
                all('[data-audience-part]', box).forEach((part) => { part.hidden = !chosen || chosen.value !== part.dataset.audiencePart; });
            };
            box.addEventListener('change', paint);
            paint();
        });
    }

    /* ---- Filter for long lists of choices; what is ticked stays in sight. ---- */
    function startFilters() {
        all('[data-filter-list]').forEach((box) => {
            const input = one('[data-filter-input]', box), count = one('[data-filter-count]', box);
            const rows = all('li', box);
            if (!input) return;
            (input.closest('.field') || input).hidden = false;
            const texts = rows.map((r) => r.textContent.normalize('NFKC').toLowerCase());
            const paint = () => {
                const words = input.value.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
                let n = 0;
                rows.forEach((r, i) => {
                    const hit = words.every((w) => texts[i].includes(w));
                    if (hit) n += 1;
                    r.hidden = !hit && !one('input:checked', r);
                });
                if (count) count.textContent = fill(box.dataset.filterText, { n, total: rows.length, chosen: all('input:checked', box).length });
            };
            input.addEventListener('input', (e) => { e.stopPropagation(); paint(); });
            input.addEventListener('keydown', (e) => { if (e.key === 'Enter' && !e.isComposing) e.preventDefault(); });
            box.addEventListener('change', paint);
            paint();
        });
    }

    /* ---- Small ones ---- */
    function startErrors() {
        const summary = one('.error-summary');
        if (!summary) return;
        summary.tabIndex = -1;
        summary.focus();
        summary.addEventListener('click', (e) => {
            const link = e.target.closest('a[href^="#"]');
            const field = link && doc.getElementById(link.hash.slice(1));
            if (!field) return;
            e.preventDefault();
            for (let p = field; p; p = p.parentElement) if (p.tagName === 'DETAILS') p.open = true;
            field.focus();
            (field.closest('.field, fieldset') || field).scrollIntoView({ block: 'nearest' });
        });
    }
    function startConfirm() {
        doc.addEventListener('click', (e) => {
            const b = e.target.closest('button[data-confirm]');
            if (b && !window.confirm(b.dataset.confirm)) e.preventDefault();
        }, true);
    }
    function startMenus() {
        const shut = (except) => all('details.menu[open]').forEach((d) => { if (d !== except) d.open = false; });
        doc.addEventListener('click', (e) => shut(e.target.closest('details.menu')));
        doc.addEventListener('keydown', (e) => {
            const d = e.key === 'Escape' && one('details.menu[open]');
            if (d) { d.open = false; one('summary', d).focus(); }
        });
    }

    const start = () => [startTheme, startLive, startCopy, startKeys, startFilters, startAutosave, startAudience,
        startErrors, startConfirm, startMenus].forEach((part) => {
        try { part(); } catch (e) { console.error(part.name, e); }
    });
    if (doc.readyState === 'loading') doc.addEventListener('DOMContentLoaded', start);
    else start();
})();
