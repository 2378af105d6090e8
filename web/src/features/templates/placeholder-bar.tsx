import { type Placeholder, placeholders, written } from '@ledgersync/shared/template-rules'
import { ActionButton } from '../../ui/action-button.tsx'
import { Tooltip } from '@mantine/core'
import { placeholderWords } from './words.ts'
import styles from './templates.module.css'

interface PlaceholderBarProps {
  /** Why one cannot be inserted where the cursor is; null when it can. */
  unavailable: (name: Placeholder) => string | null
  onInsert: (text: string) => void
}

/** Inserts placeholders at the cursor. The field keeps the focus. */
export function PlaceholderBar({ unavailable, onInsert }: PlaceholderBarProps) {
  return (
    <div className={styles.placeholders} role="group" aria-label="Insert a placeholder" onMouseDown={(event) => event.preventDefault()}>
      {placeholders.map((name) => {
        const { label, detail } = placeholderWords[name]
        const reason = unavailable(name)
        const button = (
          <ActionButton size="xs" unavailable={reason} onClick={() => onInsert(written(name))}>
            {label}
          </ActionButton>
        )
        return reason === null ? (
          <Tooltip key={name} label={`${written(name)}: ${detail}`}>
            <span>{button}</span>
          </Tooltip>
        ) : (
          <span key={name}>{button}</span>
        )
      })}
    </div>
  )
}
