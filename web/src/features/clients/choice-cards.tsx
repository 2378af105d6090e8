import { useId } from 'react'
import styles from './add-client.module.css'

interface Choice<T extends string> {
  value: T
  name: string
  icon?: React.ReactNode
  detail?: string
  /** Why it cannot be chosen now; the card stays and can be reached. */
  closed?: string | null
}

interface ChoiceCardsProps<T extends string> {
  /** The question, shown above the cards. */
  label: string
  name: string
  choices: Choice<T>[]
  value: T
  onChange: (value: T) => void
  /** Icon above one word, four in a row; otherwise a name with a detail, two in a row. */
  small?: boolean
  /** The note below, which tells why cards are closed. */
  noteId?: string | undefined
}

/** A radio group of cards. */
export function ChoiceCards<T extends string>({ label, name, choices, value, onChange, small = false, noteId }: ChoiceCardsProps<T>) {
  const id = useId()
  return (
    <fieldset className={styles.choices}>
      <legend>{label}</legend>
      <div className={styles.cards} data-small={small}>
        {choices.map((choice) => {
          const closed = choice.closed ?? null
          const detailId = choice.detail === undefined ? undefined : `${id}${choice.value}`
          return (
            <label
              key={choice.value}
              className={styles.card}
              data-checked={choice.value === value}
              data-closed={closed !== null}
              title={closed ?? undefined}
            >
              <input
                type="radio"
                className={small ? 'visually-hidden' : styles.radio}
                name={name}
                aria-label={choice.name}
                aria-describedby={detailId ?? (closed === null ? undefined : noteId)}
                aria-disabled={closed !== null}
                checked={choice.value === value}
                onChange={() => {
                  if (closed === null) onChange(choice.value)
                }}
              />
              {choice.icon}
              <span className={styles.cardText}>
                <strong>{choice.name}</strong>
                {choice.detail !== undefined && <span id={detailId}>{choice.detail}</span>}
              </span>
            </label>
          )
        })}
      </div>
    </fieldset>
  )
}
