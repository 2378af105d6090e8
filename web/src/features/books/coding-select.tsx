import { Select } from '@mantine/core'
import type { CodingOption } from './options.ts'

interface CodingSelectProps {
  label: string
  /** Hides the label from sight where the sentence around says it. */
  quiet?: boolean
  placeholder: string
  options: readonly CodingOption[] | undefined
  value: string | null
  /** Name of the chosen option while the options are on their way, or when it is no longer one of them. */
  valueName?: string | null
  onChange: (value: string | null) => void
  error?: string | undefined
  disabled?: boolean
  size?: 'sm' | 'md'
}

/** A searchable list of vendors, categories or accounts, grouped, that can be cleared. */
export function CodingSelect({
  label,
  quiet = false,
  options = [],
  value,
  valueName = null,
  onChange,
  size = 'md',
  ...rest
}: CodingSelectProps) {
  const missing = value !== null && !options.some((option) => option.value === value)
  const groups = new Map<string, { value: string; label: string }[]>()
  if (missing) groups.set('Now', [{ value, label: valueName ?? 'No longer in QuickBooks' }])
  for (const { group, value: id, label: name, hint } of options) {
    const items = groups.get(group) ?? []
    items.push({ value: id, label: hint === null ? name : `${hint} ${name}` })
    groups.set(group, items)
  }
  return (
    <Select
      {...(quiet ? { 'aria-label': label } : { label })}
      data={[...groups].map(([group, items]) => ({ group, items }))}
      value={value}
      onChange={onChange}
      searchable
      clearable
      size={size}
      limit={200}
      nothingFoundMessage="Nothing has these words"
      clearButtonProps={{ 'aria-label': `Clear ${label.toLowerCase()}` }}
      {...rest}
    />
  )
}
