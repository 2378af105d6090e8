import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { clients } from '@ledgersync/shared/clients'
import { invites } from '@ledgersync/shared/invites'
import { inRoot } from '../dev/paths.mjs'
import { type Browser, launchBrowser, openPage } from '../test/browser.ts'
import { makeClient, makeFirm } from '../test/factories.ts'
import type { TestApp } from '../test/harness.ts'
import { percentile, type Verdict } from '../torture/verdict.ts'

const paintMaxMs = 1_500
const requestsMax = 2
const bytesMax = 14 * 1024
/** What Chromium's tools call slow 4G. */
const slow4G = { offline: false, latency: 562.5, downloadThroughput: (1.44 * 1024 * 1024) / 8, uploadThroughput: (675 * 1024) / 8 }
const cpuSlowdown = 4

interface Measured {
  paintMs: number[]
  requests: number
  bytes: number
}

/**
 * How long a client on a poor phone waits for the page behind their link: until its largest text is painted, on slow 4G with a
 * processor four times slower; beside it a page of the same words that React draws.
 */
export async function benchLanding(product: TestApp, { loads }: { loads: number }): Promise<Verdict> {
  const link = await makeLink(product)
  const plain = await servePlain()
  const browser = await launchBrowser()
  try {
    const [ours, react] = [await measure(browser, link, loads), await measure(browser, plain.url, loads)]
    const p95 = percentile(ours.paintMs, 95)
    const violations = [
      ...(p95 > paintMaxMs ? [`painted after ${Math.round(p95)} ms (p95)`] : []),
      ...(ours.requests > requestsMax ? [`${ours.requests} requests`] : []),
      ...(ours.bytes > bytesMax ? [`${ours.bytes} bytes`] : []),
    ]
    return {
      name: `landing: largest paint <= ${paintMaxMs} ms on slow 4G with a processor ${cpuSlowdown} times slower, <= ${requestsMax} requests, <= ${bytesMax} bytes`,
      lines: [lineOf('page of the link', ours), lineOf('the same in React', react)],
      violations,
    }
  } finally {
    await browser.close()
    plain.close()
  }
}

const lineOf = (name: string, { paintMs, requests, bytes }: Measured): string =>
  `${name.padEnd(18)} p50 ${Math.round(percentile(paintMs, 50))} ms, p95 ${Math.round(percentile(paintMs, 95))} ms of ${paintMs.length} loads, ${requests} requests, ${bytes} bytes`

const banks = ['First Meridian Bank', 'Cascade Community CU', 'Unity Card']

async function makeLink(product: TestApp): Promise<string> {
  const dana = await makeFirm(product)
  const clientId = await makeClient(product, dana)
  for (const [index, name] of banks.entries())
    await product.call(clients.addBank, { params: { clientId }, body: { institutionId: `ins_${index + 1}`, name } }, dana)
  const { body } = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  return body.url ?? ''
}

async function measure(browser: Browser, url: string, loads: number): Promise<Measured> {
  const found: Measured = { paintMs: [], requests: 0, bytes: 0 }
  for (let load = 0; load < loads; load++) {
    const { page, context } = await openPage(browser, { screen: 'phone' })
    const session = await context.newCDPSession(page)
    await session.send('Network.enable')
    await session.send('Network.emulateNetworkConditions', slow4G)
    await session.send('Emulation.setCPUThrottlingRate', { rate: cpuSlowdown })
    let [requests, bytes] = [0, 0]
    session.on('Network.requestWillBeSent', ({ request }) => void (requests += request.url.startsWith('http') ? 1 : 0))
    session.on('Network.loadingFinished', ({ encodedDataLength }) => void (bytes += encodedDataLength))
    await page.goto(url, { waitUntil: 'load' })
    await page.getByText(banks[2] ?? '').waitFor()
    await page.waitForTimeout(500)
    found.paintMs.push(await page.evaluate<number>(largestPaint))
    Object.assign(found, { requests, bytes })
    await context.close()
  }
  return found
}

const largestPaint = `new Promise((resolve) => new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
  .observe({ type: 'largest-contentful-paint', buffered: true }))`

interface Bundler {
  build(options: object): Promise<unknown>
}

/** A page with the same words and nothing to fetch, drawn by React and packed as the application is. */
async function servePlain(): Promise<{ url: string; close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'ledgersync-plain-'))
  const ofWeb = createRequire(inRoot('web/package.json'))
  const paragraphs = [
    'Dana Whitlock keeps your books at Quillstone Accounting. Connecting brings in your bank activity, so you don’t have to send it each month.',
    'Read-only. Nobody can move your money.',
    'Your password stays private. You sign in with your bank; Quillstone Accounting never sees it.',
    'You stay in charge. Ask Dana to disconnect any time.',
  ]
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Connect</title><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="./main.js"></script>`,
  )
  writeFileSync(
    join(folder, 'main.js'),
    `import { createElement as h } from 'react'
import { createRoot } from 'react-dom/client'
import './main.css'
const App = () => h('main', null, h('h1', null, 'Hi Nora, please connect your banks'), ...${JSON.stringify(paragraphs)}.map((text) => h('p', { key: text }, text)),
  ...${JSON.stringify(banks)}.map((name) => h('form', { key: name }, name, h('button', null, 'Connect'))))
createRoot(document.getElementById('root')).render(h(App))`,
  )
  writeFileSync(join(folder, 'main.css'), readFileSync(inRoot('web/invite/invite.css')))
  // The packer belongs to the application, which this program is not built with; of it only this is used
  const { build } = (await import(pathToFileURL(ofWeb.resolve('vite')).href)) as Bundler
  const alias = Object.fromEntries(['react-dom/client', 'react-dom', 'react'].map((name) => [name, ofWeb.resolve(name)]))
  await build({ root: folder, configFile: false, logLevel: 'silent', resolve: { alias }, build: { outDir: 'out' } })
  const server = createServer((req, res) => {
    const name = req.url === '/' ? 'index.html' : (req.url ?? '').slice(1)
    const type = name.endsWith('.js') ? 'text/javascript' : name.endsWith('.css') ? 'text/css' : 'text/html'
    res.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-encoding': 'gzip' })
    res.end(gzipSync(readFileSync(join(folder, 'out', name))))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on TCP has an AddressInfo
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
