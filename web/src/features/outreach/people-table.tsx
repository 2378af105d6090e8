import type { OutreachPerson } from '@ledgersync/shared/outreach'
import { Mail, MessageSquareText } from 'lucide-react'
import { useState } from 'react'
import { BankMark } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { formatCount } from '../../ui/money.tsx'
import { languageWords } from '../templates/words.ts'
import { bankWords, channelWords } from './words.ts'
import styles from './outreach.module.css'

/** So many stand above those who are skipped, until somebody wants more. */
const firstRows = 8

interface PeopleTableProps {
  people: OutreachPerson[]
  total: number
  shownId: string | undefined
  onShow: (id: string) => void
  more: { has: boolean; isLoading: boolean; load: () => void }
  /** Shows all that are loaded from the start. */
  all: boolean
}

/** Who is written to: a line for each person. The name shows what they see. */
export function PeopleTable({ people, total, shownId, onShow, more, all }: PeopleTableProps) {
  const [opened, setOpened] = useState(all)
  const isBelow = people.findIndex(({ id }) => id === shownId) >= firstRows
  const isOpen = opened || isBelow
  const rows = isOpen ? people : people.slice(0, firstRows)
  const left = total - rows.length
  const columns: Column<OutreachPerson>[] = [
    {
      id: 'person',
      header: 'Person',
      width: '21%',
      cell: (person) => <Person person={person} shownId={shownId} onShow={onShow} follows />,
    },
    { id: 'client', header: 'Client', width: '24%', cell: (person) => clientsOf(person) },
    { id: 'channel', header: 'Channel', width: '116px', cell: (person) => <Channel person={person} /> },
    { id: 'banks', header: 'Banks in the message', cell: (person) => <Banks person={person} /> },
    { id: 'language', header: 'Language', width: '104px', cell: ({ language }) => languageWords[language] },
  ]
  const card = (person: OutreachPerson): CardParts => ({
    title: <Person person={person} shownId={shownId} onShow={onShow} />,
    state: <Channel person={person} />,
    meta: `${clientsOf(person)}: ${banksOf(person)}`,
    figures: languageWords[person.language],
  })
  return (
    <>
      <DataTable
        label="People"
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        card={card}
        isSelected={({ id }) => id === shownId}
        minWidth={760}
        empty={null}
      />
      {left > 0 && (
        <div className={styles.showMore}>
          <button
            type="button"
            className={styles.fix}
            aria-disabled={more.isLoading}
            onClick={() => {
              if (isOpen && !more.isLoading) more.load()
              setOpened(true)
            }}
          >
            Show {formatCount(left)} more
          </button>
        </div>
      )}
    </>
  )
}

const clientsOf = ({ clients: [first, ...others] }: OutreachPerson): string =>
  `${first?.businessName ?? ''}${others.length > 0 ? ` + ${others.length} more` : ''}`

interface PersonProps extends Pick<PeopleTableProps, 'shownId' | 'onShow'> {
  person: OutreachPerson
  /** What they see follows the focus: the arrow keys walk through the people. */
  follows?: boolean
}

function Person({ person: { id, name }, shownId, onShow, follows = false }: PersonProps) {
  return (
    <button
      type="button"
      className={styles.person}
      aria-pressed={id === shownId}
      title={`Show what ${name} sees`}
      onClick={() => onShow(id)}
      {...(follows && { onFocus: () => onShow(id) })}
    >
      {name}
    </button>
  )
}

function Channel({ person: { channel } }: { person: OutreachPerson }) {
  return (
    <span className={styles.line}>
      {channel === 'email' ? <Mail size={14} aria-hidden /> : <MessageSquareText size={14} aria-hidden />}
      {channelWords[channel]}
    </span>
  )
}

/** Marks past this many would leave no room for their names. */
const marksMax = 3

/** Each once, whichever of their clients it is of. */
const banksOf = ({ banks }: Pick<OutreachPerson, 'banks'>): string => [...new Set(banks.map(bankWords))].join(', ')

function Banks({ person: { banks } }: { person: OutreachPerson }) {
  const names = [...new Set(banks.map(({ name }) => name))]
  const words = banksOf({ banks })
  return (
    <span className={styles.line} title={words}>
      <span className={styles.marks}>
        {names.slice(0, marksMax).map((name) => (
          <BankMark key={name} name={name} size={20} />
        ))}
      </span>
      <span className={styles.cut}>{words}</span>
    </span>
  )
}
