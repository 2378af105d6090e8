import { dashboard, type HealthDay } from '@ledgersync/shared/dashboard'
import type { ClientChoice } from '@ledgersync/shared/common'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { query } from '../../query.ts'
import { paths } from '../../paths.ts'
import { formatCount } from '../../ui/money.tsx'
import { Numbers } from '../../ui/numbers.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { formatDay } from '../../ui/time.ts'
import { type ChoiceAddress } from '../groups/client-choice.tsx'
import dashboardStyles from './dashboard.module.css'
import styles from './health-chart.module.css'

const kinds = [
  { id: 'needsClient', label: 'Needs the client' },
  { id: 'bankDown', label: 'Bank down' },
  { id: 'disconnected', label: 'Disconnected' },
] as const

const sumOf = (day: HealthDay): number => kinds.reduce((sum, { id }) => sum + day[id], 0)

interface HealthChartProps {
  choice: ClientChoice
  /** What the list behind it is narrowed by, too. */
  address: ChoiceAddress
}

/** Accounts that are not healthy, by day. Those that are would hide them: the chart begins at zero and counts the others alone. */
export function HealthChart({ choice, address }: HealthChartProps) {
  const found = useQuery({ ...query(dashboard.health, { query: choice }), placeholderData: keepPreviousData })
  const days = found.data?.items
  return (
    <section className={dashboardStyles.card} aria-labelledby="health">
      <header>
        <h2 id="health">Connection health, 30 days</h2>
        <Link to={paths.connections} search={address} className={dashboardStyles.all}>
          All connections
        </Link>
      </header>
      {found.isError && days === undefined && (
        <ErrorState error={found.error} title="We could not load the days" onRetry={() => void found.refetch()} />
      )}
      {found.isPending && <SkeletonRows rows={4} height={40} />}
      {days !== undefined && (days.some((day) => sumOf(day) > 0) ? <Chart days={days} /> : <Quiet />)}
    </section>
  )
}

const Quiet = () => <p className={dashboardStyles.nothing}>Every connected account was healthy on each of the last 30 days.</p>

function Chart({ days }: { days: HealthDay[] }) {
  return (
    <figure className={styles.figure}>
      <figcaption>
        <span className={styles.what}>Accounts not healthy</span>
        <span className="visually-hidden">{sentenceOf(days)}</span>
        <ul className={styles.legend} aria-hidden>
          {kinds.map(({ id, label }) => (
            <li key={id}>
              <svg width="12" height="12">
                <rect className={styles[id]} x="0.5" y="0.5" width="11" height="11" />
              </svg>
              {label}
            </li>
          ))}
        </ul>
      </figcaption>
      <Bars days={days} />
      <Numbers
        heads={[{ label: 'Day' }, ...kinds.map(({ label }) => ({ label, isNumber: true }))]}
        rows={days.toReversed().map((day) => ({ name: formatDay(day.day), cells: kinds.map(({ id }) => formatCount(day[id])) }))}
      />
    </figure>
  )
}

const [width, height, left, top] = [600, 180, 48, 12]
const step = (width - left) / 30
const barWidth = 11
const labelled = [0, 10, 20, 29]

/** Bars that stand on each other, one pile a day, drawn on a sheet that is scaled to the place there is. */
function Bars({ days }: { days: HealthDay[] }) {
  const ticks = ticksUpTo(Math.max(...days.map(sumOf)))
  const highest = ticks.at(-1) ?? 1
  const yOf = (count: number): number => top + height - (count / highest) * height
  return (
    <svg className={styles.bars} viewBox={`0 0 ${width} ${top + height + 28}`} aria-hidden>
      {ticks.map((tick) => (
        <g key={tick}>
          <line className={styles.line} x1={left} x2={width} y1={yOf(tick)} y2={yOf(tick)} />
          <text x={left - 8} y={yOf(tick) + 4} textAnchor="end">
            {formatCount(tick)}
          </text>
        </g>
      ))}
      {days.map((day, index) => {
        const x = left + index * step + (step - barWidth) / 2
        return (
          <g key={day.day}>
            <title>{wordsOf(day)}</title>
            {pileOf(day).map(({ id, from, to }) => (
              <rect
                key={id}
                className={styles[id]}
                x={x}
                y={yOf(to) + 0.5}
                width={barWidth}
                height={Math.max(1, yOf(from) - yOf(to) - 1)}
              />
            ))}
            {labelled.includes(index) && (
              <text x={index === 29 ? width : x} y={top + height + 22} textAnchor={index === 29 ? 'end' : 'start'}>
                {formatDay(day.day)}
              </text>
            )}
          </g>
        )
      })}
    </svg>
  )
}

/** Where each kind begins and ends in its pile; those of which there are none are left out. */
function pileOf(day: HealthDay): { id: (typeof kinds)[number]['id']; from: number; to: number }[] {
  let from = 0
  return kinds.flatMap(({ id }) => {
    const to = from + day[id]
    const part = { id, from, to }
    from = to
    return part.from === part.to ? [] : [part]
  })
}

/** Three or four round figures from zero to at least `most`. */
function ticksUpTo(most: number): number[] {
  const rough = Math.max(1, most) / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const size = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough)
  return Array.from({ length: Math.max(1, Math.ceil(most / size)) + 1 }, (_, index) => index * size)
}

const wordsOf = (day: HealthDay): string =>
  `${formatDay(day.day)}: ${kinds.map(({ id, label }) => `${formatCount(day[id])} ${label.toLowerCase()}`).join(', ')}`

/** "25 accounts are not healthy today, 19 of them need the client; the most were 62 on Feb 21." */
function sentenceOf(days: HealthDay[]): string {
  const today = days.at(-1)
  const worst = days.reduce(
    (most, day) => (sumOf(day) > sumOf(most) ? day : most),
    days[0] ?? { day: '', needsClient: 0, bankDown: 0, disconnected: 0 },
  )
  if (today === undefined) return ''
  return `${formatCount(sumOf(today))} accounts are not healthy today, ${formatCount(today.needsClient)} of them need the client; the most were ${formatCount(sumOf(worst))} on ${formatDay(worst.day)}.`
}
