import { Modal, Switch } from '@mantine/core'
import { Kbd } from '../ui/kbd.tsx'
import { setSingleKeys, singleKeys } from './shortcuts.ts'
import styles from './shell.module.css'

const groups: [string, [string[], string][]][] = [
  [
    'Everywhere',
    [
      [['Ctrl K'], 'Search everywhere'],
      [['C'], 'Add Client'],
      [['G', 'D'], 'Go to the Dashboard'],
      [['G', 'C'], 'Go to Clients'],
      [['G', 'B'], 'Go to Bank Connections'],
      [['G', 'R'], 'Go to Review'],
      [['G', 'E'], 'Go to Rules Engine'],
      [['G', 'S'], 'Go to Sync Status'],
      [['/'], 'Filter the list'],
      [['['], 'Fold the sidebar'],
      [['?'], 'All shortcuts'],
      [['Esc'], 'One step back'],
    ],
  ],
  [
    'Lists and forms',
    [
      [['↑', '↓'], 'Move between rows'],
      [['Enter'], 'Open'],
      [['Space'], 'Select the row of a box'],
      [['Ctrl A'], 'Select all that match'],
      [['Ctrl Enter'], 'Submit the form'],
    ],
  ],
]

/** All keys, and the switch for the single letters. */
export function ShortcutList({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const on = singleKeys.use()
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" size={480} closeButtonProps={{ 'aria-label': 'Close' }}>
      {groups.map(([name, keys]) => (
        <section key={name} className={styles.keyGroup}>
          <h3>{name}</h3>
          <dl>
            {keys.map(([caps, what]) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>
                  {caps.map((cap) => (
                    <Kbd key={cap} keys={cap} />
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <Switch label="Single letters act outside fields" checked={on} onChange={(event) => setSingleKeys(event.currentTarget.checked)} />
    </Modal>
  )
}
