import { useBlocker, useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { paths } from '../../paths.ts'
import { confirm } from '../../ui/confirm.tsx'
import { type Draft, draftOf, emptyDraft, reachable, type Step } from './draft.ts'

export interface Wizard {
  draft: Draft
  step: Step
  /** The run that was begun. */
  runId: string | undefined
  /** Takes choices of the step that is shown. */
  choose: (changes: Partial<Draft>) => void
  /** Takes choices and goes to a step. */
  go: (step: Step, changes?: Partial<Draft>) => void
  /** Shows what becomes of a run. Nothing is chosen any more. */
  follow: (runId: string) => void
  /** Ticks that are not taken yet count as choices, too. */
  noteTicks: (are: boolean) => void
  /** Leaves on purpose, to come back: nobody is asked. */
  allowLeaving: () => void
  leave: () => void
}

/** The state of the wizard. What is chosen lies in the entries of the browser's history; the address says which step it is. */
export function useWizard(): Wizard {
  const router = useRouter()
  const navigate = useNavigate()
  const { step: wished = 'clients', run } = useSearch({ from: '/app/communication/outreach' })
  const [draft, setDraft] = useState(() => draftOf(router.latestLocation.state.outreach))
  const ticked = useRef(false)
  const isAllowed = useRef(false)
  const isMoving = useRef(false)
  const keep = (next: Draft) => navigate({ to: '.', search: (before) => before, state: { outreach: next }, replace: true })
  const choose = (changes: Partial<Draft>) => {
    const next = { ...draft, ...changes }
    setDraft(next)
    void keep(next)
  }
  const go = async (step: Step, changes: Partial<Draft> = {}) => {
    // A second click would leave the same step twice in the history
    if (isMoving.current) return
    isMoving.current = true
    const next = { ...draft, ...changes }
    setDraft(next)
    try {
      await keep(next)
      const search = step === 'clients' ? next.address : { step }
      await navigate({ to: paths.outreach, search, state: { outreach: next } })
    } finally {
      isMoving.current = false
    }
  }
  const follow = (runId: string) => {
    ticked.current = false
    setDraft(emptyDraft)
    // Back leads to no second run
    void navigate({ to: paths.outreach, search: { step: 'sent', run: runId }, state: {}, replace: true })
  }
  useBlocker({
    shouldBlockFn: async ({ current, next }) => {
      const isDirty = draft.picked !== null || ticked.current
      // Whose session has ended has no choice
      const isLeaving = current.pathname !== next.pathname && next.pathname !== paths.signIn
      return isLeaving && isDirty && !isAllowed.current && !(await askToLeave())
    },
    enableBeforeUnload: false,
  })
  return {
    draft,
    step: reachable(wished, draft),
    runId: run,
    choose,
    go: (step, changes) => void go(step, changes),
    follow,
    noteTicks: (are) => {
      ticked.current = are
    },
    allowLeaving: () => {
      isAllowed.current = true
    },
    leave: () => void navigate({ to: paths.clients }),
  }
}

function askToLeave(): Promise<boolean> {
  return confirm({
    title: 'Leave without sending?',
    body: 'Nothing was sent. Your browser’s Back button brings you back to what you chose.',
    confirm: 'Leave page',
    keep: 'Stay here',
  })
}
