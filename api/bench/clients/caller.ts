import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What a browser does: asks, and takes the answer apart. In a thread of its own, so that it takes none of the time of who answers. */
const source = `
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', async ({ url, cookie, times }) => {
    const taken = []
    let body = null
    let refusal = null
    for (let run = 0; run < times && refusal === null; run++) {
      const start = performance.now()
      const response = await fetch(url, { headers: { cookie } })
      if (response.status !== 200) refusal = url + ' was answered ' + response.status + ': ' + (await response.text())
      else body = await response.json()
      taken.push(performance.now() - start)
    }
    parentPort.postMessage({ taken, body, refusal })
  })`

interface Asked {
  taken: number[]
  body: unknown
  refusal: string | null
}

export interface Caller {
  /** Asks so many times, one after the other: how long each took in milliseconds, and the last answer. Throws for any but 200. */
  ask(url: URL, cookie: string, times: number): Promise<{ taken: number[]; body: unknown }>
  close(): Promise<void>
}

export function startCaller(): Caller {
  const worker = new Worker(source, { eval: true })
  return {
    async ask(url, cookie, times) {
      worker.postMessage({ url: url.href, cookie, times })
      // The thread above posts nothing else
      const [{ taken, body, refusal }] = (await once(worker, 'message')) as [Asked]
      if (refusal !== null) throw new Error(refusal)
      return { taken, body }
    },
    async close() {
      await worker.terminate()
    },
  }
}
