import { dayBegins, daysAfter, setShownZone } from './time.ts'

test.each([
  ['America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z'],
  ['America/New_York', '2026-03-09', '2026-03-09T04:00:00.000Z'],
  ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z'],
  ['America/New_York', '2026-11-02', '2026-11-02T05:00:00.000Z'],
  ['Pacific/Auckland', '2026-04-05', '2026-04-04T11:00:00.000Z'],
  ['Pacific/Auckland', '2026-04-06', '2026-04-05T12:00:00.000Z'],
  ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00.000Z'],
  ['UTC', '2026-02-28', '2026-02-28T00:00:00.000Z'],
])('in %s the day %s begins at %s', (zone, day, instant) => {
  setShownZone(zone)
  expect(dayBegins(day)).toBe(instant)
})

test('days are counted over months and leap years', () => {
  expect([daysAfter('2026-03-01', -1), daysAfter('2028-02-28', 1), daysAfter('2026-12-31', 1), daysAfter('2026-11-26', -29)]).toEqual([
    '2026-02-28',
    '2028-02-29',
    '2027-01-01',
    '2026-10-28',
  ])
})
