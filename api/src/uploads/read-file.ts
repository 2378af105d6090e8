import { Worker } from 'node:worker_threads'
import { AppError, invalidField } from '../core/errors.ts'
import { createTurns } from '../core/turns.ts'
import { inCheckout } from '../db/checkout.ts'
import type { ThreadAnswer } from './read-thread.ts'
import type { Table } from './table.ts'

/** Long for a list of 5,000 clients, which takes one. */
const secondsMax = 20
const heapMegabytes = 512
/** Files that this process reads at once: each takes a processor and some hundred megabytes. */
const threadsMax = 2
const waitingMax = 8

const turns = createTurns(threadsMax)

/**
 * Reads a spreadsheet in a thread of its own, bounded in time and memory, so that the process goes on answering. Throws
 * `invalid_field` with what is wrong with the file, and `too_many_requests` when many files wait already.
 */
export async function readFile(bytes: Uint8Array): Promise<Table> {
  if (turns.waiting() >= waitingMax)
    throw new AppError('too_many_requests', 'Many files are being read at this moment. Try again in half a minute.', {
      retryAfterSeconds: 30,
    })
  await turns.take()
  try {
    return await readInThread(bytes)
  } finally {
    turns.pass()
  }
}

const tooMuch =
  'This file takes too much time or memory to read, which no list of clients does. Copy the list into a new file and upload that.'

const unreadable = (sentence: string): AppError => invalidField('body.content', sentence)

/** A thread runs what was built, beside tests of the sources too. */
const threadFile = inCheckout('api/dist/uploads/read-thread.js')

function readInThread(bytes: Uint8Array): Promise<Table> {
  const thread = new Worker(threadFile, {
    workerData: bytes,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    execArgv: [],
  })
  return new Promise<Table>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(unreadable(tooMuch))
      void thread.terminate()
    }, secondsMax * 1_000)
    const settle = (finish: () => void): void => {
      clearTimeout(timer)
      finish()
    }
    // Only read-thread.ts posts
    thread.once('message', (answer: ThreadAnswer) =>
      settle(() => ('table' in answer ? resolve(answer.table) : reject(unreadable(answer.sentence)))),
    )
    thread.once('error', (error: Error & { code?: string }) =>
      settle(() => reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? unreadable(tooMuch) : error)),
    )
    thread.once('exit', (code) => settle(() => reject(new Error(`The reading thread ended with ${code} and no answer`))))
  })
}
