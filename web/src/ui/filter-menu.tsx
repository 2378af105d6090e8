import { Button, Menu } from '@mantine/core'
import { Check, ChevronDown } from 'lucide-react'

export interface FilterOption<T extends string> {
  value: T
  label: string
}

interface FilterMenuProps<T extends string> {
  label: string
  options: readonly FilterOption<T>[]
  value: T | undefined
  onChange: (value: T | undefined) => void
}

/** A filter button: shows its choice when one is made, and offers to take it back. */
export function FilterMenu<T extends string>({ label, options, value, onChange }: FilterMenuProps<T>) {
  const chosen = options.find((option) => option.value === value)
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button
          size="sm"
          rightSection={<ChevronDown size={14} aria-hidden />}
          aria-label={chosen ? `${label}: ${chosen.label}` : label}
          {...(chosen && { variant: 'light' })}
        >
          {chosen?.label ?? label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {options.map((option) => (
          <Menu.Item
            key={option.value}
            rightSection={option.value === value && <Check size={14} aria-label="chosen" />}
            onClick={() => onChange(option.value === value ? undefined : option.value)}
          >
            {option.label}
          </Menu.Item>
        ))}
        {chosen && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => onChange(undefined)}>Any {label.toLowerCase()}</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
