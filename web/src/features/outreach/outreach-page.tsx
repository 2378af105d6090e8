import { ActionIcon } from '@mantine/core'
import { ArrowLeft, Check, X } from 'lucide-react'
import { useDocumentTitle } from '../../ui/page.tsx'
import { BanksStep } from './banks-step.tsx'
import { ClientsStep } from './clients-step.tsx'
import { type Step, steps } from './draft.ts'
import { PreviewStep } from './preview-step.tsx'
import { SentStep } from './sent-step.tsx'
import { TemplateStep } from './template-step.tsx'
import { useWizard, type Wizard } from './use-wizard.ts'
import { stepWords, title } from './words.ts'
import styles from './outreach.module.css'

/** Asks many clients in a few steps to sign in again or to connect banks: Clients, Banks, Template, Preview, Send. */
export function OutreachPage() {
  useDocumentTitle(title)
  const wizard = useWizard()
  return (
    <div className={styles.wizard}>
      <PhoneBar wizard={wizard} />
      <header className={styles.header}>
        <h1>{title}</h1>
        <Steps wizard={wizard} />
      </header>
      <CurrentStep wizard={wizard} />
    </div>
  )
}

function CurrentStep({ wizard }: { wizard: Wizard }) {
  switch (wizard.step) {
    case 'clients':
      return <ClientsStep wizard={wizard} />
    case 'banks':
      return <BanksStep wizard={wizard} />
    case 'template':
      return <TemplateStep wizard={wizard} />
    case 'preview':
      return <PreviewStep wizard={wizard} />
    case 'sent':
      return <SentStep wizard={wizard} />
  }
}

const placeOf = (step: Step): number => steps.indexOf(step)

/** Where one is; the steps that are done lead back. */
function Steps({ wizard: { step, go } }: { wizard: Wizard }) {
  return (
    <ol className={styles.steps} aria-label="Steps">
      {steps.map((one, index) => {
        const state = one === step ? 'current' : index < placeOf(step) ? 'done' : 'ahead'
        const mark = (
          <>
            <span className={styles.stepMark} aria-hidden>
              {state === 'done' ? <Check size={12} strokeWidth={2.5} /> : index + 1}
            </span>
            {stepWords[one]}
          </>
        )
        const leadsBack = state === 'done' && step !== 'sent'
        return (
          <li key={one} data-state={state} aria-current={state === 'current' ? 'step' : undefined}>
            {leadsBack ? (
              <button type="button" onClick={() => go(one)}>
                {mark}
                <span className="visually-hidden">: done, go back</span>
              </button>
            ) : (
              <span>{mark}</span>
            )}
          </li>
        )
      })}
    </ol>
  )
}

/** The bar of a phone: one step back, where one is, and the way out. */
function PhoneBar({ wizard: { step, go, leave } }: { wizard: Wizard }) {
  const place = placeOf(step)
  const before = step === 'sent' ? undefined : steps[place - 1]
  return (
    <div className={styles.phoneBar}>
      <ActionIcon
        size="xl"
        aria-label={before === undefined ? 'Back to clients' : 'Back'}
        onClick={() => (before === undefined ? leave() : go(before))}
      >
        <ArrowLeft size={20} />
      </ActionIcon>
      <div className={styles.phoneStep}>
        <strong>{stepWords[step]}</strong>
        <span>
          Step {place + 1} of {steps.length}
        </span>
      </div>
      <ActionIcon size="xl" aria-label="Close" onClick={leave}>
        <X size={20} />
      </ActionIcon>
      <div className={styles.phoneProgress} aria-hidden>
        <div style={{ width: `${((place + 1) / steps.length) * 100}%` }} />
      </div>
    </div>
  )
}
