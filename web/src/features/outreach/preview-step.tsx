import { Button } from '@mantine/core'
import { useHotkeys, useMediaQuery } from '@mantine/hooks'
import { bulk } from '@ledgersync/shared/bulk'
import type { OutreachPerson, OutreachSummary } from '@ledgersync/shared/outreach'
import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { ChevronRight, Send, Users } from 'lucide-react'
import { useMemo, useState } from 'react'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { toastError } from '../../ui/toasts.tsx'
import { requestOf } from './draft.ts'
import { MessageSide, TestOfMessage } from './message-side.tsx'
import { PeopleTable } from './people-table.tsx'
import { peoplePages } from './queries.ts'
import { SkippedList } from './skipped-list.tsx'
import { StepFrame } from './step-frame.tsx'
import type { Wizard } from './use-wizard.ts'
import { counted } from './words.ts'
import styles from './outreach.module.css'

/** Step 4: who gets what in which words, and who does not and why. Sends. */
export function PreviewStep({ wizard }: { wizard: Wizard }) {
  const { draft, go } = wizard
  const found = useInfiniteQuery(peoplePages(requestOf(draft)))
  const people = useMemo(() => found.data?.pages.flatMap((page) => page.items) ?? [], [found.data])
  // What is told of all comes with each page; the last one knows most
  const summary = found.data?.pages.at(-1)?.summary
  if (summary === undefined)
    return (
      <StepFrame
        heading="Preview"
        onBack={() => go('template')}
        actions={
          <ActionButton variant="filled" unavailable="The messages are not prepared yet.">
            Send
          </ActionButton>
        }
      >
        {found.isError ? (
          <div className={styles.form}>
            <ErrorState error={found.error} title="We could not prepare the messages" onRetry={() => void found.refetch()} />
            <p>Nothing was sent. If a client or a template is gone, go back and choose again.</p>
          </div>
        ) : (
          <SkeletonRows rows={10} />
        )}
      </StepFrame>
    )
  const more = { has: found.hasNextPage, isLoading: found.isFetchingNextPage, load: () => void found.fetchNextPage() }
  return <Loaded wizard={wizard} people={people} summary={summary} more={more} isOld={found.isPlaceholderData} />
}

interface LoadedProps {
  wizard: Wizard
  people: OutreachPerson[]
  summary: OutreachSummary
  more: { has: boolean; isLoading: boolean; load: () => void }
  /** It shows what was before the last change. */
  isOld: boolean
}

function Loaded({ wizard, people, summary, more, isOld }: LoadedProps) {
  const { draft, choose, go, allowLeaving } = wizard
  const [shownId, setShownId] = useState<string>()
  const [listed, setListed] = useState(false)
  const narrow = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  const index = Math.max(
    0,
    people.findIndex(({ id }) => id === shownId),
  )
  const person = people[index]
  const move = (by: number) => {
    const next = people[index + by]
    if (next === undefined) return
    setShownId(next.id)
    if (index + by >= people.length - 2 && more.has && !more.isLoading) more.load()
  }
  useHotkeys([
    ['ArrowLeft', () => move(-1)],
    ['ArrowRight', () => move(1)],
  ])
  const show = (id: string) => {
    setShownId(id)
    setListed(false)
  }
  const table = <PeopleTable people={people} total={summary.people} shownId={person?.id} onShow={show} more={more} all={narrow} />
  const messages = summary.texts + summary.emails
  return (
    <StepFrame
      heading={
        messages === 0 ? 'Nobody is written to' : `${counted(messages, 'message')} to ${counted(summary.people, 'person', 'people')}`
      }
      detail={coverWords(summary)}
      onBack={() => go('template')}
      side={person && <MessageSide person={person} index={index} total={summary.people} onMove={move} onLeave={allowLeaving} />}
      after={
        <SkippedList
          draft={draft}
          count={summary.skipped}
          onInstead={(ids) => choose({ insteadIds: [...new Set([...draft.insteadIds, ...ids])] })}
          onReset={() => choose({ insteadIds: [] })}
          onLeave={allowLeaving}
        />
      }
      note={messages > 0 && whenWords(summary)}
      actions={
        <>
          {person && <TestOfMessage person={person} />}
          <SendButton wizard={wizard} messages={messages} isOld={isOld} />
        </>
      }
    >
      {summary.people === 0 ? (
        <EmptyState icon={Users} title="Nobody to write to" actions={<Button onClick={() => go('clients')}>Choose other clients</Button>}>
          {summary.chosen === 0 ? 'No client matches any more.' : 'Every chosen client is left out, for the reasons below.'}
        </EmptyState>
      ) : narrow ? (
        <div className={styles.padded}>
          <button type="button" className={styles.seeAll} onClick={() => setListed(true)}>
            {summary.people === 1 ? 'See who it is' : `See all ${counted(summary.people, 'person', 'people')}`}
            <ChevronRight size={16} aria-hidden />
          </button>
          <SidePanel opened={listed} title={counted(summary.people, 'person', 'people')} onClose={() => setListed(false)} bare>
            <div className={styles.allPeople}>{table}</div>
          </SidePanel>
        </div>
      ) : (
        table
      )}
    </StepFrame>
  )
}

function coverWords({ chosen, covered, skipped, people }: OutreachSummary): string {
  const left = skipped === 0 ? 'nobody is skipped' : `${skipped} ${skipped === 1 ? 'is' : 'are'} skipped`
  const several = covered > people ? ' One person with several clients gets one message.' : ''
  return `${counted(chosen, 'client')} chosen: ${covered} ${covered === 1 ? 'is' : 'are'} covered, ${left}.${several}`
}

function whenWords({ texts, emails, waiting }: OutreachSummary): string {
  if (texts === 0) return 'Goes out now.'
  const later = waiting === 0 ? '' : ` ${counted(waiting, 'person gets', 'people get')} the text at 8 AM their time.`
  return `${emails > 0 ? 'E-mails go out now, texts' : 'Goes out now'} where it is 8 AM to 9 PM.${later}`
}

function SendButton({ wizard: { draft, follow }, messages, isOld }: { wizard: Wizard; messages: number; isOld: boolean }) {
  const { staff } = useMe()
  const send = useMutation({
    mutationFn: () => {
      const { channel, banks, templateIds, insteadIds = [], ...picked } = requestOf(draft)
      return call(bulk.start, { body: { action: { kind: 'outreach', channel, banks, templateIds, insteadIds }, ...picked } })
    },
    onSuccess: async ({ id }) => {
      follow(id)
      await invalidate([bulk.list])
    },
    onError: (error) => toastError(error, 'Nothing was sent'),
  })
  const unavailable = !staff.emailVerified
    ? 'Verify your own e-mail first: your clients get messages in your name.'
    : messages === 0
      ? 'There is nobody to write to.'
      : null
  return (
    <ActionButton
      variant="filled"
      leftSection={<Send size={14} aria-hidden />}
      loading={send.isPending || (isOld && unavailable === null)}
      unavailable={unavailable}
      onClick={() => send.mutate()}
    >
      {messages === 0 ? 'Send' : `Send ${counted(messages, 'message')}`}
    </ActionButton>
  )
}
