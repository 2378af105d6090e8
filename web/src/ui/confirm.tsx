import { Button, Modal } from '@mantine/core'
import { create } from './store.ts'

interface Question {
  title: string
  body: React.ReactNode
  /** Verb and object: `Revoke invite`. */
  confirm: string
  /** Names the safe choice: `Keep invite`. */
  keep: string
  /** Red, for what cannot be undone. */
  final?: boolean
  answer: (yes: boolean) => void
}

const question = create<Question | null>(null)

/** Asks in a dialog and resolves to the answer; Esc is no. Only for what Undo cannot take back. */
export function confirm(ask: Omit<Question, 'answer'>): Promise<boolean> {
  return new Promise((resolve) => {
    question.set({
      ...ask,
      answer: (yes) => {
        question.set(null)
        resolve(yes)
      },
    })
  })
}

/** Answers no for whoever has gone elsewhere, as with Back, and cannot know any more what was asked. */
export function dropQuestion(): void {
  question.get()?.answer(false)
}

/** Shows the question of {@link confirm}; mounted once. */
export function ConfirmDialog() {
  const ask = question.use()
  return (
    <Modal opened={ask !== null} onClose={() => ask?.answer(false)} title={ask?.title} size={440} withCloseButton={false} zIndex={400}>
      {ask && (
        <>
          <div>{ask.body}</div>
          <div style={{ display: 'flex', justifyContent: 'flex-end', flexWrap: 'wrap', gap: 8, marginTop: 24 }}>
            <Button onClick={() => ask.answer(false)} data-autofocus>
              {ask.keep}
            </Button>
            <Button variant="filled" {...(ask.final && { color: 'red' })} onClick={() => ask.answer(true)}>
              {ask.confirm}
            </Button>
          </div>
        </>
      )}
    </Modal>
  )
}
