import type {} from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { statementBytesMax, statementFilesMax } from '@ledgersync/shared/statements'
import { createTurns } from '../core/turns.ts'
import type { Incoming } from './store.ts'

/** What comes out of a form: a file, one that was too large to be read, or why nothing more comes. */
export type FormPart =
  | { kind: 'file'; file: Incoming }
  | { kind: 'too_large'; fileName: string }
  | { kind: 'too_many' }
  | { kind: 'broken'; error: unknown }

/** The name of the form's field; whatever else a form carries is passed over. */
export const formLimits = {
  fileSize: statementBytesMax,
  files: statementFilesMax,
  fields: 10,
  fieldSize: 1_024,
  parts: statementFilesMax + 10,
  headerPairs: 20,
}

/** Files that this process holds at once, ten megabytes each; whoever comes later waits with theirs on the way. */
const turns = createTurns(32)

/**
 * The files of a form, one after the other as they arrive, so that one of them is in memory and none on disk. A file that did not
 * arrive whole never comes out; those before it have.
 */
export async function* filesOf(req: FastifyRequest): AsyncGenerator<FormPart> {
  try {
    for await (const { file, filename = '' } of req.files({ limits: formLimits, throwFileSizeLimit: false })) {
      await turns.take()
      try {
        const content = await readAll(file)
        // A form whose field was left empty has a part without name and bytes
        if (filename === '' && content.length === 0) continue
        yield file.truncated ? { kind: 'too_large', fileName: filename } : { kind: 'file', file: { fileName: filename, content } }
      } finally {
        turns.pass()
      }
    }
  } catch (error) {
    yield error instanceof req.server.multipartErrors.FilesLimitError ? { kind: 'too_many' } : { kind: 'broken', error }
  }
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
