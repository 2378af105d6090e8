import { type AddressedClient, groupByPerson } from '@ledgersync/shared/outreach'

const client = (id: string, rest: Partial<AddressedClient>): AddressedClient => ({ id, phone: null, email: null, language: 'en', ...rest })
const ids = (groups: AddressedClient[][]) => groups.map((group) => group.map(({ id }) => id))

const lena = '+14155550101'
const hugh = '+14155550102'

test('clients with the phone a text goes to are one person, in the order they came', () => {
  const rows = [
    client('marine', { phone: lena, email: 'lena@marine.example' }),
    client('freight', { phone: hugh }),
    client('rentals', { phone: lena, email: 'office@rentals.example' }),
  ]
  expect(ids(groupByPerson(rows, 'sms'))).toEqual([['marine', 'rentals'], ['freight']])
  expect(ids(groupByPerson(rows.toReversed(), 'sms'))).toEqual([['rentals', 'marine'], ['freight']])
})

test('addresses of mail are the same whatever their case, and phones do not matter to mail', () => {
  const rows = [
    client('marine', { phone: lena, email: 'Lena@Harbor.example' }),
    client('rentals', { phone: hugh, email: 'lena@harbor.EXAMPLE' }),
    client('other', { phone: lena, email: 'lena@other.example' }),
  ]
  expect(ids(groupByPerson(rows, 'email'))).toEqual([['marine', 'rentals'], ['other']])
})

test('who is reached both ways is one person by the phone or by the e-mail', () => {
  const rows = [
    client('hugh', { phone: hugh, email: 'hugh@freight.example' }),
    client('both', { phone: lena, email: 'lena@harbor.example' }),
    client('nowhere', {}),
    client('other mail', { phone: lena, email: 'books@harbor.example' }),
    client('mail alone', { email: 'LENA@harbor.example' }),
    client('other mail alone', { email: 'books@harbor.example' }),
    client('nobody', { phone: '+14155550103', email: 'nobody@harbor.example' }),
  ]
  const groups = [['hugh'], ['both', 'other mail', 'mail alone', 'other mail alone'], ['nowhere'], ['nobody']]
  expect(ids(groupByPerson(rows, 'both'))).toEqual(groups)
  // Whoever comes last may show that two groups are one
  const late = [rows[4], rows[0], rows[3], rows[2], rows[6], rows[5], rows[1]].filter((row) => row !== undefined)
  expect(ids(groupByPerson(late, 'both'))).toEqual([
    ['mail alone', 'other mail', 'other mail alone', 'both'],
    ['hugh'],
    ['nowhere'],
    ['nobody'],
  ])
})

test('a message speaks one language, and who has no address is nobody else', () => {
  const rows = [
    client('english', { phone: lena }),
    client('spanish', { phone: lena, language: 'es' }),
    client('nowhere', { email: 'a@b.example' }),
    client('nowhere either', { email: 'a@b.example' }),
  ]
  expect(ids(groupByPerson(rows, 'sms'))).toEqual([['english'], ['spanish'], ['nowhere'], ['nowhere either']])
  expect(groupByPerson([], 'both')).toEqual([])
})
