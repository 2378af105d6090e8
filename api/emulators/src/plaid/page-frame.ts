import { Html, html } from './html.ts'

const style = new Html(`<style>
:root{--ink:#17212b;--soft:#566270;--line:#d3dae1;--fill:#f3f5f7;--card:#fff;--deep:#20425f;--bad:#9b2c1d;--bad-fill:#fdf1ee}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a3b0bd;--line:#3a4652;--fill:#12181e;--card:#1b232b;--deep:#86b6dc;--bad:#ffb4a5;--bad-fill:#3a211c}.go{color:#0e1820!important}}
*{box-sizing:border-box}
body{margin:0;background:var(--fill);color:var(--ink);font:16px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,'Open Sans',sans-serif}
main{max-width:460px;min-height:100vh;margin:0 auto;background:var(--card);display:flex;flex-direction:column;padding:0 16px 16px}
header{display:flex;align-items:center;justify-content:space-between;min-height:56px;gap:8px}
header .who{font-weight:600;color:var(--soft);font-size:14px}
h1{font-size:24px;line-height:1.2;margin:8px 0 8px}
p{margin:0 0 16px}.soft{color:var(--soft)}.small{font-size:14px}
.note{font-size:13px;color:var(--soft);border-top:1px solid var(--line);padding-top:12px;margin-top:auto}
.space{height:20px}
.trouble{background:var(--bad-fill);color:var(--bad);border:1px solid currentColor;border-radius:8px;padding:12px;margin:0 0 16px;overflow-wrap:anywhere}
label.field{display:block;font-weight:600;margin:0 0 6px}
input[type=text],input[type=password],input[type=search],textarea{width:100%;min-height:48px;font:inherit;color:inherit;background:var(--card);border:1px solid var(--soft);border-radius:8px;padding:11px 12px;margin-bottom:16px}
textarea{min-height:180px;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:16px}
:focus-visible{outline:3px solid var(--deep);outline-offset:2px}
button,.button{font:inherit;min-height:48px;border-radius:8px;border:1px solid var(--line);background:var(--card);color:var(--ink);padding:10px 16px;cursor:pointer;text-decoration:none;display:inline-flex;align-items:center;justify-content:center}
.go{width:100%;background:var(--deep);border-color:var(--deep);color:#fff;font-weight:600}
.plain.wide{margin:4px 0}.plain{border-color:transparent;background:none;color:var(--deep);text-decoration:underline;padding:10px 8px}
.wide{width:100%}
.bank{width:100%;justify-content:flex-start;gap:12px;text-align:left;margin-bottom:8px;min-height:64px}
.bank img{width:40px;height:40px;flex:none}.bank b{display:block}.bank.match{border-color:var(--deep);border-width:2px}
.find{display:flex;gap:8px;margin-bottom:16px}.find input{margin:0;min-width:0}
.top{display:flex;align-items:center;gap:12px;margin:8px 0 4px}.top img{width:44px;height:44px}.top h1{margin:0}
.pick{display:flex;align-items:center;gap:12px;min-height:64px;padding:8px 12px;border:1px solid var(--line);border-radius:8px;margin-bottom:8px;cursor:pointer}
.pick input{width:24px;height:24px;flex:none;margin:0;accent-color:var(--deep)}.pick .sum{margin-left:auto;text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
ul.plainlist{padding:0;margin:0 0 16px;list-style:none}ul.plainlist li{padding:10px 0 10px 28px;border-bottom:1px solid var(--line);position:relative}
ul.plainlist li:before{content:'';position:absolute;left:4px;top:16px;width:12px;height:6px;border:solid var(--deep);border-width:0 0 2px 2px;transform:rotate(-45deg)}
details{margin:0 0 16px}summary{min-height:44px;padding:10px 0;cursor:pointer;color:var(--deep);text-decoration:underline}
.done{width:64px;height:64px;border-radius:50%;background:var(--deep);margin:32px 0 16px;position:relative}
.done:after{content:'';position:absolute;left:19px;top:20px;width:26px;height:14px;border:solid var(--card);border-width:0 0 4px 4px;transform:rotate(-45deg)}
</style>`)

/** One page of the practice bank. `exitTo` is where leaving posts to; null where there is nothing to leave. */
export function frame(title: string, content: Html, exitTo: string | null): string {
  const exit = exitTo === null ? null : html`<form method="post" action="${exitTo}"><button class="plain">Exit</button></form>`
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer"><link rel="icon" href="data:,"><title>${title}</title>${style}</head>
<body><main><header><span class="who">Secure bank sign-in</span>${exit}</header>
${content}<div class="space"></div>
<p class="note">This is the practice bank. Nothing here is real: no bank is asked and no money moves.</p></main></body></html>`.text
}
