import { detectStatement } from '../src/statements/detect.ts'
import { statementName } from '../src/statements/file-name.ts'
import { ofx, pdf } from './statement-kit.ts'

const latin = (text: string): Buffer => Buffer.from(text, 'latin1')
test.each<[string, Buffer, string]>([
  ['a PDF that its bank began with a mark and a line', Buffer.concat([latin('\u00EF\u00BB\u00BF\r\n'), pdf()]), 'pdf'],
  ['a PDF that was padded with zeros', Buffer.concat([pdf(), Buffer.alloc(3_000)]), 'pdf'],
  ['a PDF behind a page', Buffer.concat([latin('<html><script>'), Buffer.alloc(80, 65), pdf()]), 'web_page'],
  ['semicolons in UTF-16', Buffer.from('\uFEFFDatum;Betrag\n1.3.;5,00\n', 'utf16le'), 'csv'],
  ['a table below words, in an old encoding', latin('Cuenta de caf\u00E9\n\nFecha,Pago,Monto\n1,"a, b",2\n3,c,4\n'), 'csv'],
  ['tabs', Buffer.from('a\tb\n1\t2\n'), 'csv'],
  ['OFX', ofx(), 'ofx'],
  ['OFX as XML', Buffer.from('<?xml version="1.0"?>\n<?OFX OFXHEADER="200"?>\n<OFX><A/></OFX>'), 'ofx'],
  ['half of an OFX', ofx().subarray(0, 50), 'cut_off'],
  ['a letter', Buffer.from('Dear Dana,\n\nplease find it attached.\nNora\n'), 'other'],
  ['one line', Buffer.from('a,b,c'), 'other'],
  ['JSON', Buffer.from('{"a": 1,\n"b": 2,\n"c": 3}'), 'other'],
  ['blanks', Buffer.from(' \n\t\n\u0000'), 'empty'],
  ['zeros in a table', Buffer.from('a,b\n1,2\n\u0000,4\n'), 'other'],
  ['a workbook', latin('PK\u0003\u0004....xl/workbook.xml'), 'spreadsheet'],
  ['an old workbook', latin('\u00D0\u00CF\u0011\u00E0....'), 'spreadsheet'],
  ['an archive', latin('PK\u0003\u0004....march.pdf'), 'archive'],
  ['a script', Buffer.from('#!/bin/sh\na,b\nc,d\n'), 'program'],
  ['a photo of a phone', latin('\u0000\u0000\u0000\u0018ftypheic'), 'picture'],
])('%s is told by its content', (_what, bytes, expected) => {
  const found = detectStatement(bytes)
  expect('kind' in found ? found.kind : found.unfit).toBe(expected)
})

test.each([
  ['C:\\Users\\nora\\..\\march.PDF', 'march.PDF'],
  ['../../etc/passwd', 'passwd.pdf'],
  ['ma\u202Erch\u0000\r\n\u200F.pdf', 'march.pdf'],
  ['  ...  ', 'statement.pdf'],
  ['.pdf', 'pdf.pdf'],
  ['👩‍👧 März.pdf', '👩👧 März.pdf'],
  [`${'é'.repeat(300)}.pdf`, `${'é'.repeat(115)}….pdf`],
  ['march.exe', 'march.exe.pdf'],
])('a file called %j is kept as %j', (sent, kept) => {
  expect(statementName(sent, 'pdf').fileName).toBe(kept)
})
