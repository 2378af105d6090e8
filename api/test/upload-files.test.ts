import { readRow } from '../src/uploads/cells.ts'
import { readFile } from '../src/uploads/read-file.ts'
import { proposeFields } from '../src/uploads/match.ts'
import { readCsv } from '../src/uploads/read-csv.ts'
import { readXlsx } from '../src/uploads/read-xlsx.ts'
import type { Table } from '../src/uploads/table.ts'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { csvFile, templateFile, withoutExample } from '../src/uploads/template.ts'
import fc from 'fast-check'
import { uploadFields } from '@ledgersync/shared/uploads'
import { csv, goodRows, header, workbook } from './upload-kit.ts'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const read = (content: string): Table => readCsv(text(content))
const cellsOf = (table: Table): string[][] => table.rows.map(({ cells }) => cells)
const damageOf = (table: Table): string[] => table.rows.flatMap(({ damage }) => Object.values(damage))

const plain = [
  ['Name', 'Email', 'Phone'],
  ['Café Ñandú', 'nora@saltgrass.example', '5035550142'],
  ['Müller & Co', 'max@mueller.example', '5035550143'],
]
const utf16 = (content: string, bigEndian: boolean, mark: boolean): Buffer => {
  const bytes = Buffer.from((mark ? '\uFEFF' : '') + content, 'utf16le')
  return bigEndian ? bytes.swap16() : bytes
}

test.each([
  ['UTF-8', text(csv(...plain))],
  ['UTF-8 with a mark', text(`\uFEFF${csv(...plain)}`)],
  ['UTF-16 little-endian with a mark', utf16(csv(...plain), false, true)],
  ['UTF-16 big-endian with a mark', utf16(csv(...plain), true, true)],
  ['UTF-16 little-endian without a mark', utf16(csv(...plain), false, false)],
  ['UTF-16 big-endian without a mark', utf16(csv(...plain), true, false)],
  ['Windows-1252', Buffer.from(csv(...plain), 'latin1')],
])('%s is read with all its letters', (name, bytes) => {
  const table = readCsv(bytes)
  expect([table.headers, ...cellsOf(table)]).toEqual(plain)
  expect(table.notes).toEqual(name === 'Windows-1252' ? [expect.stringContaining('Check the accented letters')] : [])
})

test.each([
  ['commas', csv(...plain)],
  ['semicolons', plain.map((row) => row.join(';')).join('\n')],
  ['tabs', plain.map((row) => row.join('\t')).join('\r\n')],
  ['bars', plain.map((row) => row.join('|')).join('\n')],
  ['a line that names the separator', `sep=;\r\n${plain.map((row) => row.join(';')).join('\r\n')}`],
  ['lone carriage returns', plain.map((row) => row.join(',')).join('\r')],
])('%s between cells are found out', (_name, content) => {
  const table = read(content)
  expect([table.headers, ...cellsOf(table)]).toEqual(plain)
})

test('quoted line breaks stay in their cell, as a space, and rows are numbered as the spreadsheet does', () => {
  const table = read('Name,Notes,Email\r\n"Saltgrass, ""Outfitters""","two\r\nlines",a@b.example\r\n,,\r\nNext,,c@d.example')
  expect(table.rows.map(({ row, cells }) => [row, ...cells])).toEqual([
    [2, 'Saltgrass, "Outfitters"', 'two lines', 'a@b.example'],
    [4, 'Next', '', 'c@d.example'],
  ])
})

test('apostrophes and signs that only kept a spreadsheet from calculating are taken off; those of a name stay', () => {
  const table = read(`Name,Phone,Code\n'Tis the Season,'+15035550142,"=""0042"""`)
  expect(cellsOf(table)).toEqual([["'Tis the Season", '+15035550142', '0042']])
})

test('titles above the header are left out, and a file without header has lettered columns', () => {
  const titled = read('Our clients,,\n,,\nName,Email,Phone\nSaltgrass,a@b.example,5035550142')
  expect(titled.headers).toEqual(['Name', 'Email', 'Phone'])
  expect(titled.notes).toEqual([expect.stringContaining('row 3')])
  const bare = read('Saltgrass,a@b.example,5035550142\nHarbor,c@d.example,5035550143')
  expect(bare.headers).toEqual(['Column A', 'Column B', 'Column C'])
  expect(bare.rows).toHaveLength(2)
})

test.each([
  ['nothing at all', '', 'empty'],
  ['blank lines', '\n\n  \n', 'empty'],
  ['a header alone', 'Name,Email\n', 'header and no rows'],
  ['a quotation mark that never ends', 'Name,Email\n"Saltgrass,a@b.example\nHarbor,c@d.example\n', 'never closed'],
  ['more rows than are taken', csv(['Name', 'Email'], ...goodRows(5_001).map(([a = '', b = '']) => [a, b])), '5,001 rows'],
  [
    'thousands of columns',
    csv(
      Array.from({ length: 3_000 }, (_, n) => `c${n}`),
      Array.from({ length: 3_000 }, () => 'x'),
    ),
    '3,000 columns',
  ],
  ['a picture', `\u0089PNG\r\n\u001a\n${'\u0001\u0002\u0003\u0004'.repeat(200)}`, 'not a spreadsheet'],
])('%s is refused with the reason', (_name, content, reason) => {
  expect(() => read(content)).toThrow(reason)
})

test('5,000 rows are taken, and 100 columns', () => {
  expect(read(csv([...header], ...goodRows(5_000))).rows).toHaveLength(5_000)
  expect(
    read(
      csv(
        Array.from({ length: 100 }, (_, n) => `c${n}`),
        Array.from({ length: 100 }, () => 'x'),
      ),
    ).headers,
  ).toHaveLength(100)
})

test('NUL, halves of surrogate pairs and damaged letters are told at their cell', async () => {
  expect(damageOf(read('Name,Email\nSalt\u0000grass,a@b.example'))).toEqual([expect.stringContaining('damaged')])
  const lone = utf16('Name,Email\nSalt\uD83Dgrass,a@b.example', false, true)
  expect(damageOf(readCsv(lone))).toEqual([expect.stringContaining('damaged')])
  expect(damageOf(read('Name,Email\nSalt\uFFFDgrass,a@b.example'))).toEqual([expect.stringContaining('damaged')])
  const escaped = await changeSheet(
    await workbook([
      ['Name', 'Email'],
      ['XXX', 'a@b.example'],
    ]),
    'XXX',
    'Salt_xD83D_grass',
  )
  expect(damageOf(await readXlsx(escaped))).toEqual([expect.stringContaining('damaged')])
})

/** Replaces text in every part of a workbook. */
async function changeSheet(bytes: Uint8Array, from: string, to: string): Promise<Uint8Array> {
  const parts = Object.entries(unzipSync(bytes)).map(
    ([name, data]) => [name, strToU8(new TextDecoder().decode(data).replaceAll(from, to))] as const,
  )
  return zipSync(Object.fromEntries(parts))
}

test('a workbook gives texts, numbers with all their digits, and yes and no', async () => {
  const table = await readXlsx(
    await workbook([
      ['Name', 'Phone', 'Access', 'Code'],
      ['Saltgrass', 15_035_550_101, true, 0.5],
      [null, null, null, null],
      ['Harbor', '+1 503 555 0102', false, null],
    ]),
  )
  expect(table.rows.map(({ row, cells }) => [row, ...cells])).toEqual([
    [2, 'Saltgrass', '15035550101', 'TRUE', '0.5'],
    [4, 'Harbor', '+1 503 555 0102', 'FALSE', ''],
  ])
})

test('dates, errors, formulas without a result and merged cells are told at their cell', async () => {
  const dated = await readXlsx(
    await workbook([
      ['Name', 'Phone'],
      [new Date('2026-03-01T00:00:00Z'), '5035550142'],
    ]),
  )
  expect(damageOf(dated)).toEqual([expect.stringContaining('is a date')])
  const merged = await readXlsx(
    await workbook(
      [
        ['Name', 'Email', 'Phone'],
        ['Saltgrass', 'a@b.example', '5035550142'],
        [null, 'c@d.example', '5035550143'],
      ],
      { merges: [{ startRow: 1, endRow: 2, startCol: 0, endCol: 0 }] },
    ),
  )
  expect(merged.rows.map(({ damage }) => damage)).toEqual([{}, { 0: expect.stringContaining('merged with A2') as string }])
  const cells = new Map([
    ['1,0', { value: null, type: 'formula', formula: 'A9&B9' }],
    ['2,0', { value: 'Harbor', type: 'formula', formula: 'A9', formulaResult: 'Harbor' }],
    ['3,0', { value: '#REF!', type: 'error' }],
  ])
  const rows = [
    ['Name', 'Email'],
    [null, 'a@b.example'],
    ['Harbor', 'c@d.example'],
    ['#REF!', 'e@f.example'],
  ]
  const calculated = await readXlsx(await workbook(rows, { cells }))
  expect(calculated.rows.map(({ cells: [name = ''], damage }) => [name, damage[0]])).toEqual([
    ['', expect.stringContaining('no saved result')],
    ['Harbor', undefined],
    ['#REF!', expect.stringContaining('#REF!')],
  ])
  expect(damageOf(read('Name,Email\n=A1&B1,a@b.example'))).toEqual([expect.stringContaining('formula')])
})

test('rows that a filter hides are left out, and told', async () => {
  const rows = [[...header], ...goodRows(4)]
  const rowDefs = new Map([
    [1, { hidden: true }],
    [3, { hidden: true }],
    [4, { hidden: false }],
    [9, { hidden: true }],
  ])
  const table = await readXlsx(await workbook(rows, { rowDefs }))
  expect(table.rows.map(({ row, cells: [name] }) => [row, name])).toEqual([
    [3, 'Saltgrass 1'],
    [5, 'Saltgrass 3'],
  ])
  expect(table.notes).toEqual([expect.stringContaining('2 hidden rows were left out')])
})

test('of several sheets the first with something in it is read, and told', async () => {
  const { writeXlsx } = await import('hucre/xlsx')
  const bytes = await writeXlsx({
    sheets: [
      { name: 'Empty', rows: [] },
      {
        name: 'List',
        rows: [
          ['Name', 'Email'],
          ['Saltgrass', 'a@b.example'],
        ],
      },
    ],
  })
  const table = await readXlsx(bytes)
  expect(table.headers).toEqual(['Name', 'Email'])
  expect(table.notes).toEqual([expect.stringContaining('"List" was read')])
})

describe('files made to harm', () => {
  const zeros = new Uint8Array(80 * 1024 * 1024)
  const lie = (archive: Uint8Array, size: number): Uint8Array => {
    const copy = Uint8Array.from(archive)
    const view = new DataView(copy.buffer)
    // The size a part claims stands in its local header and in the directory
    for (let at = 0; at + 30 < copy.length; at++) {
      const signature = view.getUint32(at, true)
      if (signature === 0x04034b50) view.setUint32(at + 22, size, true)
      if (signature === 0x02014b50) view.setUint32(at + 24, size, true)
    }
    return copy
  }

  test('an archive that unpacks to more than is sensible is refused, whether it says so or lies', async () => {
    const bomb = zipSync({ 'xl/worksheets/sheet1.xml': zeros, 'xl/workbook.xml': strToU8('<workbook/>') })
    expect(bomb.length).toBeLessThan(200_000)
    await expect(readXlsx(bomb)).rejects.toThrow('unpacks to more than 64 MB')
    await expect(readXlsx(lie(bomb, 1_000))).rejects.toThrow('cannot be read')
  })

  test('a small workbook in which one long text stands in very many cells is refused', async () => {
    const line = Array.from({ length: 100 }, () => 'x'.repeat(1_000))
    const small = await workbook([Array.from({ length: 100 }, (_, n) => `c${n}`), ...Array.from({ length: 90 }, () => line)])
    expect(small.length).toBeLessThan(200_000)
    await expect(readXlsx(small)).rejects.toThrow('more than 8 million characters')
  })

  test('many parts, entities that multiply, archives in archives and cut-off archives are refused', async () => {
    const many = zipSync(Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`xl/part${n}.xml`, strToU8('<a/>')])))
    await expect(readXlsx(many)).rejects.toThrow('unpacks to more')
    const good = await workbook([
      ['Name', 'Email'],
      ['Saltgrass', 'a@b.example'],
    ])
    await expect(readXlsx(good.slice(0, good.length / 2))).rejects.toThrow('cannot be read')
    const entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    const laughing = await changeSheet(await changeSheet(good, '<sst', `${entities}<sst`), 'Saltgrass', '&b;')
    // Entities that a document makes itself are text or an error, and never multiply
    const table = await readXlsx(laughing).catch((error: unknown) => error)
    expect(JSON.stringify(table)).not.toContain('aaaaaaaaaaa')
    await expect(readXlsx(zipSync({ 'inner.zip': good }))).rejects.toThrow('cannot be read')
  })

  test('an old or protected workbook is refused with what to do', async () => {
    const ole = Uint8Array.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ...Array.from({ length: 600 }, () => 0)])
    await expect(readXlsx(ole)).rejects.toThrow('save it as XLSX')
  })

  test('a sheet whose only cells are far apart does not fill the memory', async () => {
    const corner = await changeSheet(
      await workbook([
        ['Name', 'Email'],
        ['Saltgrass', 'a@b.example'],
      ]),
      'r="B2"',
      'r="XFD1048576"',
    )
    await expect(readXlsx(corner)).rejects.toThrow(/cannot be read|columns/)
  })

  test('cells made to be taken apart in very many ways are looked through at once', () => {
    // A pattern that tries each @ with each dot takes most of a tenth of a second for one of these
    const cell = `${'@.'.repeat(499)} x`
    const rows = Array.from({ length: 200 }, (_, index) => ({ row: index + 1, cells: Array.from({ length: 5 }, () => cell), damage: {} }))
    const startedAt = performance.now()
    expect(proposeFields({ headers: ['a', 'b', 'c', 'd', 'e'], rows })).toEqual([null, null, null, null, null])
    expect(read(csv([cell, cell], ['Saltgrass', 'Harbor'])).headers).toEqual([cell.slice(0, 100), cell.slice(0, 100)])
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  test('reading happens in a thread: the process goes on meanwhile, and what is wrong comes back', async () => {
    let turns = 0
    const timer = setInterval(() => (turns += 1), 5)
    const table = await readFile(text(csv([...header], ...goodRows(5_000))))
    clearInterval(timer)
    expect(table.rows).toHaveLength(5_000)
    expect(turns).toBeGreaterThan(2)
    await expect(readFile(text('Name,Email\n'))).rejects.toMatchObject({ code: 'invalid_field' })
    await expect(readFile(zipSync({ 'xl/worksheets/sheet1.xml': zeros }))).rejects.toMatchObject({ code: 'invalid_field' })
  })
})

test('headers in English and Spanish, and what stands below them, say what columns mean', () => {
  const propose = (headers: string[], ...rows: string[][]) =>
    proposeFields({ headers, rows: rows.map((cells, index) => ({ row: index + 2, cells, damage: {} })) })
  expect(propose(['Company', 'First Name', 'Last Name', 'E-mail Address', 'Mobile Phone', 'Notes'])).toEqual([
    'businessName',
    'contactFirstName',
    'contactLastName',
    'email',
    'phone',
    null,
  ])
  expect(propose(['Razón social', 'Correo electrónico', 'Teléfono móvil', 'Idioma', 'Zona horaria', 'Nombre de usuario'])).toEqual([
    'businessName',
    'email',
    'phone',
    'language',
    'timeZone',
    'username',
  ])
  // The exact word wins over the vague one, wherever it stands; a consent to something else is none to texts
  expect(propose(['Client', 'Client name', 'Phone', 'Mobile', 'Consent', 'Consentimiento'])).toEqual([
    null,
    'businessName',
    null,
    'phone',
    null,
    null,
  ])
  expect(propose(['A', 'B', 'C'], ['Saltgrass', 'a@b.example', '(503) 555-0142'], ['Harbor', 'c@d.example', '503-555-0143'])).toEqual([
    null,
    'email',
    'phone',
  ])
})

test('no two columns are ever proposed for one field, whatever the headers and cells', () => {
  const word = fc.oneof(
    fc.constantFrom('Name', 'Email', 'e-mail', 'EMAIL', 'Phone', 'Cell', 'Contact', 'First name', 'Correo', 'Client', 'x'),
    fc.string(),
  )
  const cell = fc.oneof(fc.emailAddress(), fc.constantFrom('5035550142', '+1 503 555 0142', 'America/Chicago', ''), fc.string())
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 12 }),
      fc.array(fc.array(cell, { maxLength: 12 }), { maxLength: 6 }),
      (headers, rows) => {
        const fields = proposeFields({ headers, rows: rows.map((cells, index) => ({ row: index + 2, cells, damage: {} })) })
        expect(fields).toHaveLength(headers.length)
        const named = fields.filter((field) => field !== null)
        expect(new Set(named).size).toBe(named.length)
      },
    ),
    { numRuns: 300 },
  )
})

test('what the product writes as CSV it reads back, whatever stands in the cells', () => {
  const cell = fc
    .string({ unit: 'binary', maxLength: 40 })
    // Cells come back as they were trimmed, without line breaks and guards: such are written trimmed
    .map((value) => value.replaceAll(/[\s\p{C}\uFFFD]+/gu, ' ').trim())
    .filter((value) => !/^['="]/.test(value))
  const row = fc.array(cell, { minLength: 3, maxLength: 3 }).filter((cells) => cells[0] !== '' && cells[2] !== '')
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (rows) => {
      const file = csvFile('x.csv', [['First', 'Second', 'Third'], ...rows])
      const table = readCsv(Buffer.from(file.content, 'base64'))
      expect([table.headers, ...cellsOf(table)]).toEqual([['First', 'Second', 'Third'], ...rows])
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['Nora Velasco', 'Nora', 'Velasco'],
  ['Velasco, Nora', 'Nora', 'Velasco'],
  ['John Smith, CPA', 'John', 'Smith, CPA'],
  ['John Smith, C.P.A., Ph.D.', 'John', 'Smith, C.P.A., Ph.D.'],
  ['Smith, John, Jr.', 'John', 'Smith, Jr.'],
  ['John Smith, III, CPA EA', 'John', 'Smith, III, CPA EA'],
  ['Nora', 'Nora', undefined],
  ['Nora, CPA', 'Nora, CPA', undefined],
  ['Velasco,', undefined, 'Velasco'],
])('the contact %s is taken apart', (contact, first, last) => {
  const { said } = readRow({ row: 2, cells: [contact], damage: {} }, ['contactName'])
  expect([said.contactFirstName, said.contactLastName]).toEqual([first, last])
})

test.each(['csv', 'xlsx'] as const)('the %s template is read, every column proposed, and its example left out', async (format) => {
  const file = await templateFile(format)
  const table = await readFile(Buffer.from(file.content, 'base64'))
  expect(proposeFields(table)).toEqual(uploadFields.filter((field) => field !== 'contactName'))
  const filled = { ...table, rows: [...table.rows, { row: 9, cells: ['Harbor'], damage: {} }] }
  expect(withoutExample(filled).rows.map(({ cells: [name] }) => name)).toEqual(['Harbor'])
  expect(() => withoutExample(table)).toThrow('example alone')
  // People take out columns, and move others
  const [example = []] = cellsOf(table)
  const moved = { ...table, rows: [{ row: 2, cells: example.slice(0, 6).toReversed(), damage: {} }, ...filled.rows.slice(1)] }
  expect(withoutExample(moved).rows.map(({ cells: [name] }) => name)).toEqual(['Harbor'])
})
