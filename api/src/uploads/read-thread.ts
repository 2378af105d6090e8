import { parentPort, workerData } from 'node:worker_threads'
import { type Table, UnreadableFile } from './table.ts'

/** What the thread answers, once. */
export type ThreadAnswer = { table: Table } | { sentence: string }

/** Whether the bytes are an archive, as XLSX is, or a workbook of before. */
const isWorkbook = (bytes: Uint8Array): boolean => ['504b', 'd0cf'].includes(Buffer.from(bytes.subarray(0, 2)).toString('hex'))

async function read(bytes: Uint8Array): Promise<ThreadAnswer> {
  try {
    // Of the two readers only one is loaded: the thread lives for one file
    if (isWorkbook(bytes)) return { table: await (await import('./read-xlsx.ts')).readXlsx(bytes) }
    return { table: (await import('./read-csv.ts')).readCsv(bytes) }
  } catch (error) {
    if (error instanceof UnreadableFile) return { sentence: error.message }
    throw error
  }
}

// Only read-file.ts starts this thread, with the bytes
parentPort?.postMessage(await read(workerData as Uint8Array))
