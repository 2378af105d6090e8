import { Modal, TextInput } from '@mantine/core'
import { useDebouncedValue, useHotkeys } from '@mantine/hooks'
import { search } from '@ledgersync/shared/search'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type NavigateOptions, useNavigate } from '@tanstack/react-router'
import { Landmark, type LucideIcon, PanelsTopLeft, Search, UserRound } from 'lucide-react'
import { useEffect, useState } from 'react'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { HealthMark } from '../../ui/health-mark.tsx'
import { wordsFor } from '../../words.ts'
import { linesOf, pagesFor, type Result } from './results.ts'
import { searchOpened } from './search-state.ts'
import styles from './search.module.css'

/** Ctrl K from anywhere: clients, banks, staff and pages by a few letters, with the keyboard alone. Mounted once. */
export function SearchDialog({ onAddClient }: { onAddClient: () => void }) {
  const opened = searchOpened.use()
  // Also from within fields, where the browser would take the keys for itself
  useHotkeys([['mod+K', () => searchOpened.set(!searchOpened.get())]], [])
  return (
    <Modal.Root
      opened={opened}
      onClose={() => searchOpened.set(false)}
      size={560}
      padding={0}
      yOffset="12vh"
      transitionProps={{ duration: 0 }}
    >
      <Modal.Overlay />
      {/* Without a title it is the content that needs a name; Modal by itself would give it to the frame */}
      <Modal.Content aria-label="Search">
        <Modal.Body>{opened && <SearchBox onAddClient={onAddClient} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

const waitMs = 80

function SearchBox({ onAddClient }: { onAddClient: () => void }) {
  const [text, setText] = useState('')
  const [asked] = useDebouncedValue(text.trim(), waitMs)
  const found = useQuery({
    ...query(search.everywhere, { query: { query: asked } }),
    enabled: asked !== '',
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
  const typed = text.trim()
  const { role } = useMe().staff
  const lines = [...(typed === '' || found.data === undefined ? [] : linesOf(found.data)), ...pagesFor(typed, role)]
  const [at, setAt] = useState(0)
  const current = lines[Math.min(at, lines.length - 1)]
  const open = useOpen(onAddClient)
  const move = (step: number) => setAt((Math.min(at, lines.length - 1) + step + lines.length) % Math.max(1, lines.length))
  const isWaiting = asked !== typed || found.isFetching
  return (
    <div className={styles.box}>
      <TextInput
        role="combobox"
        aria-label="Search"
        aria-expanded
        aria-controls="search-results"
        aria-activedescendant={current?.id}
        aria-autocomplete="list"
        placeholder="Client, bank, person or page"
        leftSection={<Search size={16} aria-hidden />}
        size="lg"
        variant="unstyled"
        autoComplete="off"
        spellCheck={false}
        maxLength={100}
        data-autofocus
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            move(event.key === 'ArrowDown' ? 1 : -1)
          }
          // What stands there belongs to what was typed before, until the answer comes
          if (event.key === 'Enter' && current !== undefined && !isWaiting) open(current)
        }}
      />
      <Results lines={lines} current={current} onOpen={open} />
      {found.isError && typed !== '' && <p className={styles.nothing}>{wordsFor(found.error).detail}</p>}
      {lines.length === 0 && !isWaiting && !found.isError && <p className={styles.nothing}>Nothing has “{typed}” in it.</p>}
    </div>
  )
}

function useOpen(onAddClient: () => void): (result: Result) => void {
  const navigate = useNavigate()
  return ({ go }) => {
    searchOpened.set(false)
    if (go === 'addClient') onAddClient()
    // The typed router knows its routes one by one; these come from `results.ts`, which takes them from `paths`
    else void navigate(go as NavigateOptions)
  }
}

const icons: Record<Result['group'], LucideIcon> = { Pages: PanelsTopLeft, Clients: UserRound, Banks: Landmark, Staff: UserRound }

interface ResultsProps {
  lines: readonly Result[]
  current: Result | undefined
  onOpen: (result: Result) => void
}

function Results({ lines, current, onOpen }: ResultsProps) {
  const shown = current?.id
  useEffect(() => {
    if (shown !== undefined) document.querySelector(`#${CSS.escape(shown)}`)?.scrollIntoView({ block: 'nearest' })
  }, [shown])
  const groups = [...new Set(lines.map(({ group }) => group))]
  return (
    <div id="search-results" role="listbox" aria-label="Results" className={styles.results}>
      {groups.map((group) => (
        <div key={group} role="group" aria-label={group}>
          <div className={styles.group} aria-hidden>
            {group}
          </div>
          {lines
            .filter((line) => line.group === group)
            .map((line) => {
              const Icon = icons[line.group]
              return (
                // The keyboard moves within the field above; a mouse may press a line
                <div
                  key={line.id}
                  id={line.id}
                  role="option"
                  tabIndex={-1}
                  aria-selected={line.id === shown}
                  className={styles.line}
                  onClick={() => onOpen(line)}
                  onKeyDown={(event) => event.key === 'Enter' && onOpen(line)}
                >
                  {line.health === undefined ? <Icon size={14} aria-hidden /> : <HealthMark health={line.health} named />}
                  <span className={styles.label}>{line.label}</span>
                  {line.detail !== undefined && <span className={styles.detail}>{line.detail}</span>}
                </div>
              )
            })}
        </div>
      ))}
    </div>
  )
}
