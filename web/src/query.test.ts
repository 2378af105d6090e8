import { clients } from '@ledgersync/shared/clients'
import { InfiniteQueryObserver } from '@tanstack/react-query'
import { invalidate, pages, queryClient } from './query.ts'

/** Cursors that were asked for, and what answers once it is let. */
const asked: string[] = []
let let2nd: () => void = () => {}
const ordinaryFetch = globalThis.fetch

beforeAll(() => {
  const waits = new Promise<void>((resolve) => (let2nd = resolve))
  globalThis.fetch = async (input) => {
    // The application asks by path
    const cursor = new URL(input as string, 'http://localhost').searchParams.get('cursor') ?? 'first'
    asked.push(cursor)
    if (cursor === 'second' && asked.filter((one) => one === 'second').length === 1) await waits
    const body = { items: [{ id: `${cursor} ${asked.length}` }], nextCursor: cursor === 'first' ? 'second' : null }
    return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } })
  }
})
afterAll(() => {
  globalThis.fetch = ordinaryFetch
  queryClient.clear()
})

test('a page that is being fetched comes although something changes meanwhile, and then the whole list is fetched anew', async () => {
  const list = new InfiniteQueryObserver(queryClient, pages(clients.list, { query: {} }))
  const stop = list.subscribe(() => {})
  await list.refetch()
  const more = list.fetchNextPage()
  const changed = invalidate([clients.list])
  await new Promise((resolve) => setTimeout(resolve, 20))
  let2nd()
  await Promise.all([more, changed])
  expect(list.getCurrentResult().data?.pages.map(({ items }) => items[0]?.id.split(' ')[0])).toEqual(['first', 'second'])
  // Both pages once more, after the change
  expect(asked.slice(asked.indexOf('second') + 1)).toEqual(['first', 'second'])
  stop()
})
