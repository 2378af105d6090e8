import { CloseButton, TextInput } from '@mantine/core'
import { Funnel, Search } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Kbd } from './kbd.tsx'

interface SearchFieldProps {
  label: string
  placeholder: string
  value: string
  /** Called 250 ms after the last key. */
  onChange: (value: string) => void
  width?: number | string
  /** Answers to the `/` key; one on a page. */
  filter?: boolean
  size?: 'sm' | 'md' | 'lg'
}

/** A field that searches while one types. */
export function SearchField({ label, placeholder, value, onChange, width = 248, filter = false, size = 'sm' }: SearchFieldProps) {
  const [text, setText] = useState(value)
  const [shown, setShown] = useState(value)
  const timer = useRef<number>(undefined)
  // The address changed under the field (Back, Clear filters): it wins
  if (value !== shown) {
    setShown(value)
    if (value !== text.trim()) setText(value)
  }
  useEffect(() => () => window.clearTimeout(timer.current), [])
  const change = (next: string, waitMs = 250) => {
    setText(next)
    window.clearTimeout(timer.current)
    timer.current = window.setTimeout(() => onChange(next.trim()), waitMs)
  }
  const Icon = filter ? Funnel : Search
  return (
    <TextInput
      type="text"
      role="searchbox"
      aria-label={label}
      placeholder={placeholder}
      value={text}
      size={size}
      w={width}
      maw="100%"
      leftSection={<Icon size={14} aria-hidden />}
      rightSection={text === '' ? filter && <Kbd keys="/" /> : <CloseButton size="sm" aria-label="Clear" onClick={() => change('', 0)} />}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') change(event.currentTarget.value, 0)
        if (event.key === 'Escape' && text !== '') {
          event.stopPropagation()
          change('', 0)
        }
      }}
      {...(filter && { 'data-filter-field': true })}
    />
  )
}
