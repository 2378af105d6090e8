import { Button, Menu } from '@mantine/core'
import type { Stuck } from '@ledgersync/shared/funnel'
import { ChevronDown, Phone } from 'lucide-react'
import { formatPhone } from '../clients/invite-words.ts'
import { stepLabel } from './words.ts'
import { useStep } from './use-step.tsx'
import styles from './funnel.module.css'

/** The next best step of one client of a list, as one button that takes it. */
export function StepButton({ stuck }: { stuck: Stuck }) {
  const { take, pending, dialog } = useStep(stuck)
  const { best, businessName, phone } = stuck
  const label = stepLabel(best, stuck)
  if (best === 'wait') return <span className={styles.waiting}>{label}</span>
  if (best === 'call' && phone !== null)
    return (
      <Button size="sm" component="a" href={`tel:${phone}`} aria-label={`${label}: ${businessName}`} title={formatPhone(phone)}>
        {label}
      </Button>
    )
  return (
    <>
      <Button size="sm" aria-label={`${label}: ${businessName}`} loading={pending} onClick={() => take(best)}>
        {label}
      </Button>
      {dialog}
    </>
  )
}

/** The next best step on the client's own page, and all the others in a menu. */
export function StepButtons({ stuck }: { stuck: Stuck }) {
  const { take, pending, dialog } = useStep(stuck)
  const { best, others, phone } = stuck
  const call = best === 'call' && phone !== null
  return (
    <span className={styles.stepButtons}>
      {call && (
        <Button variant="filled" component="a" href={`tel:${phone}`} leftSection={<Phone size={14} aria-hidden />}>
          Call {formatPhone(phone)}
        </Button>
      )}
      {!call && best !== 'wait' && (
        <Button variant="filled" loading={pending} onClick={() => take(best)}>
          {stepLabel(best, stuck)}
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button rightSection={<ChevronDown size={14} aria-hidden />}>Other steps</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {others.map((step) =>
            step === 'call' && phone !== null ? (
              <Menu.Item key={step} component="a" href={`tel:${phone}`}>
                Call {formatPhone(phone)}
              </Menu.Item>
            ) : (
              <Menu.Item key={step} onClick={() => take(step)}>
                {stepLabel(step, stuck)}
              </Menu.Item>
            ),
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog}
    </span>
  )
}
