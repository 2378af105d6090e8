import { useRef, useState } from 'react'
import { fieldErrorsOf } from '../words.ts'

type Errors<T> = Partial<Record<keyof T & string, string>>

/** Sentences for fields that cannot be accepted; checked on blur, and again while typing once a field is wrong. */
export type Validate<T> = (values: T) => Errors<T>

/** Props of a text field. */
export interface FieldProps {
  name: string
  value: string
  error: string | undefined
  onChange: (event: { currentTarget: { value: string } }) => void
  onBlur: () => void
}

export interface Form<T> {
  values: T
  set: (changes: Partial<T>) => void
  /** Something was typed since the start (or the last `reset`). */
  dirty: boolean
  errors: Errors<T>
  /** Props of a text field: value, change, blur and error, with the name the server calls it by. */
  text: (name: keyof T & string) => FieldProps
  /** Checks everything; when it fails, shows all errors, moves to the first field and answers false. */
  check: () => boolean
  /** Puts the server's field errors on their fields; answers whether any field took one. */
  refuse: (error: unknown) => boolean
  /** Puts one error on one field. */
  fail: (name: keyof T & string, message: string) => void
  reset: (values?: T) => void
}

/** The state of a form. What was typed survives every error. */
export function useForm<T extends object>(initial: T, validate: Validate<T>): Form<T> {
  const [values, setValues] = useState(initial)
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [server, setServer] = useState<Errors<T>>({})
  const start = useRef(initial)
  const found = validate(values)
  const errors: Errors<T> = { ...server }
  for (const name of Object.keys(found) as (keyof T & string)[]) {
    // Object.keys of a T's errors are names of T
    const sentence = found[name]
    if (left.has(name) && sentence !== undefined) errors[name] = sentence
  }

  const set = (changes: Partial<T>) => {
    setValues((before) => ({ ...before, ...changes }))
    setServer((before) => withoutKeys(before, Object.keys(changes)))
  }
  const fail = (name: keyof T & string, message: string) => {
    setServer((before) => ({ ...before, [name]: message }))
    focusField(name)
  }
  return {
    values,
    set,
    errors,
    fail,
    dirty: JSON.stringify(values) !== JSON.stringify(start.current),
    text: (name) => ({
      name,
      value: textOf(values[name]),
      error: errors[name],
      // Only names of text members are passed here
      onChange: (event) => set({ [name]: event.currentTarget.value } as Partial<T>),
      onBlur: () => textOf(values[name]) !== textOf(start.current[name]) && setLeft((before) => new Set(before).add(name)),
    }),
    check: () => {
      const names = Object.keys(found)
      setLeft((before) => new Set([...before, ...names]))
      if (names[0] !== undefined) focusField(names[0])
      return names.length === 0
    },
    refuse: (error) => {
      const refused = Object.entries(fieldErrorsOf(error)).filter(([name]) => name in values)
      // The filter leaves names of T only
      setServer((before) => ({ ...before, ...(Object.fromEntries(refused) as Errors<T>) }))
      if (refused[0] !== undefined) focusField(refused[0][0])
      return refused.length > 0
    },
    reset: (next = start.current) => {
      start.current = next
      setValues(next)
      setLeft(new Set())
      setServer({})
    },
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function withoutKeys<T extends object>(object: T, keys: string[]): T {
  // Leaving members out of a partial record keeps its type
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key))) as T
}

/** Moves to the field of this name, once it is there. */
export function focusField(name: string): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]`)?.focus())
}
