import { statements } from '@ledgersync/shared/statements'
import { useState } from 'react'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { toast } from '../../ui/toasts.tsx'
import { wordsFor } from '../../words.ts'
import { readBase64 } from '../upload/files.ts'
import { whyNotKept } from './words.ts'

/** How far the files that were chosen have got. */
export interface UploadState {
  /** Files and bytes of all that were chosen since nothing was under way. */
  done: number
  total: number
  /** The one that is on its way; null when none is. */
  current: string | null
  /** Why files were not kept, each in a sentence with its name. */
  refused: string[]
}

const atRest: UploadState = { done: 0, total: 0, current: null, refused: [] }

/** Uploads statements of a client, one after the other; more may be chosen meanwhile, and one that is refused stops no other. */
export function useUpload(clientId: string): { state: UploadState; send: (files: File[]) => void; dismiss: () => void } {
  const [state, setState] = useState(atRest)
  const [queue] = useState<File[]>([])
  const work = async () => {
    const known: string[] = []
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const { name } = file
      setState((before) => ({ ...before, current: name }))
      const outcome = await sendOne(clientId, file)
      if (outcome.kind === 'known') known.push(outcome.fileName)
      setState((before) => ({
        ...before,
        done: before.done + 1,
        refused: outcome.kind === 'refused' ? [...before.refused, outcome.why] : before.refused,
      }))
      await invalidate([statements.list], clientId)
    }
    setState((before) => ({ ...before, done: 0, total: 0, current: null }))
    if (known.length > 0)
      toast({
        title: known.length === 1 ? `${known[0]} is here already` : `${known.length} files are here already`,
        detail: 'The same file is kept once.',
      })
  }
  const send = (files: File[]) => {
    const isIdle = state.current === null
    queue.push(...files)
    setState((before) => ({
      ...before,
      total: before.total + files.length,
      ...(isIdle && { refused: [], current: files[0]?.name ?? null }),
    }))
    if (isIdle) void work()
  }
  return { state, send, dismiss: () => setState((before) => ({ ...before, refused: [] })) }
}

type SendOutcome = { kind: 'kept' } | { kind: 'known'; fileName: string } | { kind: 'refused'; why: string }

async function sendOne(clientId: string, file: File): Promise<SendOutcome> {
  const why = whyNotKept(file)
  if (why !== null) return { kind: 'refused', why }
  try {
    const { statement, isNew } = await call(statements.add, {
      params: { clientId },
      body: { fileName: file.name, content: await readBase64(file) },
    })
    return isNew ? { kind: 'kept' } : { kind: 'known', fileName: statement.fileName }
  } catch (error) {
    const { title, detail } = wordsFor(error)
    return { kind: 'refused', why: detail.startsWith(file.name) ? detail : `${file.name}: ${title}. ${detail}` }
  }
}
