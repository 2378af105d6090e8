import { useRef } from 'react'
import { flushSync } from 'react-dom'

type Field = 'title' | 'body'

/** Puts text where the cursor is, in the field that had the focus last, and leaves the cursor behind it. */
export function useInsert(values: Record<Field, string>, change: (changes: Partial<Record<Field, string>>) => void) {
  const title = useRef<HTMLInputElement>(null)
  const body = useRef<HTMLTextAreaElement>(null)
  const last = useRef<Field>('body')
  const insert = (text: string) => {
    const field = last.current
    const element = field === 'title' ? title.current : body.current
    if (element === null) return
    const [start, end] = [element.selectionStart ?? values[field].length, element.selectionEnd ?? values[field].length]
    // At once: whoever types on in the same moment types behind it
    flushSync(() => change({ [field]: values[field].slice(0, start) + text + values[field].slice(end) }))
    element.focus()
    element.setSelectionRange(start + text.length, start + text.length)
  }
  const focused = (field: Field) => ({ onFocus: () => void (last.current = field) })
  return { title, body, insert, focused }
}
