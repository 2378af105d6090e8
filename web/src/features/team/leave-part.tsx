import { Button, Checkbox, Radio } from '@mantine/core'
import { type HandOver, staff, type TeamMember } from '@ledgersync/shared/team'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { clientLists } from '../../live.ts'
import { invalidate } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { confirm } from '../../ui/confirm.tsx'
import { formatCount } from '../../ui/money.tsx'
import { ErrorState } from '../../ui/states.tsx'
import { toast } from '../../ui/toasts.tsx'
import styles from './team.module.css'

interface LeavePartProps {
  person: TeamMember
  colleagues: readonly TeamMember[]
  onLeft: () => void
}

/** Lets somebody leave: asks first who gets their clients. */
export function LeavePart({ person, colleagues, onLeft }: LeavePartProps) {
  const [opened, setOpened] = useState(false)
  const isSelf = useMe().staff.id === person.id
  return (
    <section className={styles.end} aria-label="Leaving">
      {opened ? (
        <LeaveForm person={person} colleagues={colleagues} onLeft={onLeft} onCancel={() => setOpened(false)} />
      ) : (
        <ActionButton
          unavailable={isSelf ? 'You cannot do this to yourself. Ask another administrator.' : null}
          onClick={() => setOpened(true)}
        >
          Let {person.name} leave…
        </ActionButton>
      )}
    </section>
  )
}

const clientsWord = (count: number): string => (count === 1 ? '1 client' : `${formatCount(count)} clients`)

function LeaveForm({ person, colleagues, onLeft, onCancel }: LeavePartProps & { onCancel: () => void }) {
  const [to, setTo] = useState<string[]>([])
  const [share, setShare] = useState<HandOver['share']>('all')
  const leave = useMutation({
    mutationFn: () => call(staff.deactivate, { params: { staffId: person.id }, body: { to, share } }),
    onSuccess: async () => {
      toast({ title: `${person.name} has left`, detail: 'Their sessions ended. What they did keeps their name.' })
      onLeft()
      await invalidate([...clientLists, staff.team, staff.list])
    },
  })
  const others = colleagues.filter(({ id, deactivatedAt }) => id !== person.id && deactivatedAt === null)
  const has = person.clientCount > 0
  const ask = async () => {
    const unassigned = has && to.length === 0
    const sure = await confirm({
      title: `Let ${person.name} leave?`,
      body: `Their sessions end at once and they cannot sign in.${unassigned ? ` Nobody gets their ${clientsWord(person.clientCount)}: employees who are not assigned will not see them.` : ''}`,
      confirm: `Let ${person.name} leave`,
      keep: `Keep ${person.name}`,
      final: true,
    })
    if (sure) leave.mutate()
  }
  return (
    <div className={styles.form}>
      <h3>{has ? `Who gets the ${clientsWord(person.clientCount)} of ${person.name}?` : `${person.name} has no clients to hand over`}</h3>
      {leave.error && <ErrorState error={leave.error} title="Nothing was changed" />}
      {has && (
        <Checkbox.Group aria-label="Who gets the clients" value={to} onChange={setTo}>
          <div className={styles.choices}>
            {others.map(({ id, name, email }) => (
              <Checkbox
                key={id}
                value={id}
                label={
                  <>
                    {name} <span className={styles.quiet}>{email}</span>
                  </>
                }
              />
            ))}
          </div>
        </Checkbox.Group>
      )}
      {has && to.length > 1 && (
        <Radio.Group label="How" value={share} onChange={(value) => setShare(value === 'split' ? value : 'all')}>
          <div className={styles.choices}>
            <Radio value="all" label="Each of them gets every client" />
            <Radio value="split" label="Divide the clients among them" />
          </div>
        </Radio.Group>
      )}
      <div className={styles.buttons}>
        <Button onClick={onCancel}>Cancel</Button>
        <Button variant="filled" loading={leave.isPending} onClick={() => void ask()}>
          {has && to.length > 0 ? 'Hand over and let leave…' : 'Let leave…'}
        </Button>
      </div>
    </div>
  )
}
