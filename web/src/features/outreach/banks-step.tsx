import { outreachBanksMax } from '@ledgersync/shared/outreach'
import { useQuery } from '@tanstack/react-query'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { BankPicker } from '../clients/bank-picker.tsx'
import { ChoiceCards } from '../clients/choice-cards.tsx'
import { requestOf } from './draft.ts'
import { summaryQuery } from './queries.ts'
import { StepFrame } from './step-frame.tsx'
import type { Wizard } from './use-wizard.ts'
import { counted } from './words.ts'
import styles from './outreach.module.css'

/** Step 2: which banks; or those that want a new sign-in, whichever they are. */
export function BanksStep({ wizard: { draft, choose, go } }: { wizard: Wizard }) {
  const { about, banks } = draft
  // How many can be asked by any way: the channel is chosen at the next step
  const broken = useQuery({
    ...summaryQuery(requestOf({ ...draft, about: 'broken', channel: 'both', templateIds: [], insteadIds: [] })),
    enabled: draft.picked !== null,
  })
  const summary = broken.data?.summary
  const isNobody = about === 'broken' && summary?.covered === 0
  const missing =
    about === null
      ? 'Choose what to ask for first.'
      : about === 'banks' && banks.length === 0
        ? 'Choose a bank first.'
        : isNobody
          ? 'No bank of these clients wants a new sign-in.'
          : null
  return (
    <StepFrame
      heading="What should they do?"
      detail={`For ${counted(summary?.chosen ?? draft.count, 'client')}. Banks that want a new sign-in are always in the message.`}
      onBack={() => go('clients')}
      actions={
        <ActionButton variant="filled" unavailable={missing} onClick={() => go('template')}>
          Next: template
        </ActionButton>
      }
    >
      <div className={styles.form}>
        <ChoiceCards
          label="Banks"
          name="about"
          value={about ?? ''}
          onChange={(value) => choose({ about: value === '' ? null : value })}
          choices={[
            {
              value: 'broken',
              name: 'Their broken connections',
              detail: 'Only clients with a bank that wants a new sign-in are written to.',
            },
            { value: 'banks', name: 'Connect banks', detail: 'Each client is asked for the banks you choose, unless they are connected.' },
          ]}
        />
        {about === 'banks' && (
          <section className={styles.part} aria-label="Banks to connect">
            <h3>Banks to connect</h3>
            <BankPicker banks={banks} banksMax={outreachBanksMax} onChange={(chosen) => choose({ banks: chosen })} />
          </section>
        )}
        {about === 'broken' && broken.isError && (
          <ErrorState error={broken.error} title="We could not look for broken connections" onRetry={() => void broken.refetch()} />
        )}
        {about === 'broken' && summary !== undefined && summary.covered > 0 && (
          <p role="status">
            <strong>{counted(summary.covered, 'client')}</strong> of {counted(summary.chosen, 'chosen client')}{' '}
            {summary.covered === 1 ? 'has' : 'have'} a bank that wants a new sign-in.
          </p>
        )}
        {isNobody && (
          <Notice tone="info" title="No bank of these clients wants a new sign-in">
            Connect banks instead, or go back and choose other clients.
          </Notice>
        )}
      </div>
    </StepFrame>
  )
}
