import { CloseButton, Combobox, TextInput, useCombobox } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { clients, type Institution } from '@ledgersync/shared/clients'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { query } from '../../query.ts'
import { BankMark } from '../../ui/badge.tsx'
import { wordsFor } from '../../words.ts'
import styles from './add-client.module.css'

/** As many as the API takes for one client. */
const clientBanksMax = 20

interface BankPickerProps {
  banks: Institution[]
  onChange: (banks: Institution[]) => void
  error?: string | undefined
  size?: 'md' | 'xl'
  banksMax?: number
}

/** Finds banks by name or routing number, and keeps the chosen ones as chips. */
export function BankPicker({ banks, onChange, error, size = 'md', banksMax = clientBanksMax }: BankPickerProps) {
  const [text, setText] = useState('')
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const { found, message, settled } = useInstitutions(text.trim(), banks)
  const full = banks.length >= banksMax
  const foundIds = found.map(({ institutionId }) => institutionId).join()
  const { selectFirstOption } = combobox
  // Enter takes the first bank found, so that a name and a key are enough
  useEffect(() => {
    if (foundIds !== '') selectFirstOption()
  }, [foundIds, selectFirstOption])
  const choose = (id: string) => {
    // The lines still show the words before: taking one now could take a bank nobody meant
    if (!settled) return
    const bank = found.find(({ institutionId }) => institutionId === id)
    if (bank !== undefined && !full) onChange([...banks, bank])
    setText('')
    combobox.closeDropdown()
  }
  return (
    <div className={styles.stack}>
      <Combobox store={combobox} onOptionSubmit={choose} offset={4} shadow="md">
        <Combobox.Target>
          <TextInput
            name="banks"
            aria-label="Bank name or routing number"
            placeholder="Bank name or routing number"
            autoComplete="off"
            size={size}
            maxLength={100}
            leftSection={<Search size={14} aria-hidden />}
            value={text}
            error={error ?? (full ? `At most ${banksMax} banks.` : undefined)}
            onChange={(event) => {
              setText(event.currentTarget.value)
              combobox.openDropdown()
            }}
            onBlur={() => combobox.closeDropdown()}
            onKeyDown={(event) => {
              // A plain Enter is about banks; it must not send the form
              if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) event.preventDefault()
            }}
          />
        </Combobox.Target>
        <Combobox.Dropdown hidden={text.trim() === ''}>
          <Combobox.Options aria-label="Banks">
            {found.map((bank) => (
              <Combobox.Option key={bank.institutionId} value={bank.institutionId}>
                <span className={styles.bankLine}>
                  <BankMark name={bank.name} color={bank.color} />
                  <span>{bank.name}</span>
                  {bank.routingNumber !== null && <span className={styles.hint}>{bank.routingNumber}</span>}
                </span>
              </Combobox.Option>
            ))}
            {message !== null && <Combobox.Empty>{message}</Combobox.Empty>}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      {banks.length > 0 && <BankChips banks={banks} onChange={onChange} />}
    </div>
  )
}

function BankChips({ banks, onChange }: Pick<BankPickerProps, 'banks' | 'onChange'>) {
  return (
    <ul className={styles.chips} aria-label="Chosen banks">
      {banks.map((bank) => (
        <li key={bank.institutionId} className={styles.chip}>
          <BankMark name={bank.name} color={bank.color} />
          <span>{bank.name}</span>
          <CloseButton
            size="sm"
            aria-label={`Remove ${bank.name}`}
            onClick={() => onChange(banks.filter(({ institutionId }) => institutionId !== bank.institutionId))}
          />
        </li>
      ))}
    </ul>
  )
}

interface Found {
  found: Institution[]
  /** Stands for an empty list. */
  message: string | null
  /** Whether `found` answers the words as they stand now. */
  settled: boolean
}

/** Banks that match, without the chosen ones. */
function useInstitutions(text: string, chosen: Institution[]): Found {
  const [words] = useDebouncedValue(text, 250)
  const search = useQuery({
    ...query(clients.searchInstitutions, { query: { query: words } }),
    enabled: words !== '',
    placeholderData: keepPreviousData,
  })
  const settled = words === text && search.isSuccess && !search.isPlaceholderData
  if (text === '') return { found: [], message: null, settled }
  if (search.isError) return { found: [], message: `${wordsFor(search.error).title}. ${wordsFor(search.error).detail}`, settled }
  if (search.data === undefined) return { found: [], message: 'Searching', settled }
  const taken = new Set(chosen.map(({ institutionId }) => institutionId))
  const found = search.data.items.filter(({ institutionId }) => !taken.has(institutionId))
  const nothing = settled ? `No other bank matches “${text}”. Your client can still search for it.` : 'Searching'
  return { found, message: found.length === 0 ? nothing : null, settled }
}
