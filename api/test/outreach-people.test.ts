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

test('who is reached both ways must have both addresses in common', () => {
  const rows = [
    client('both', { phone: lena, email: 'lena@harbor.example' }),
    client('same', { phone: lena, email: 'LENA@harbor.example' }),
    client('other mail', { phone: lena, email: 'books@harbor.example' }),
    client('phone alone', { phone: lena }),
    client('phone alone too', { phone: lena }),
    client('mail alone', { email: 'lena@harbor.example' }),
  ]
  expect(ids(groupByPerson(rows, 'both'))).toEqual([['both', 'same'], ['other mail'], ['phone alone', 'phone alone too'], ['mail alone']])
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
