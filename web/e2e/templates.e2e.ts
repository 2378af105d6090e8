import { accessibilityProblems, type Browser, launchBrowser, scrollsSideways } from '../../api/test/browser.ts'
import { makeClient, makeFirm, makeStaff, type Person } from '../../api/test/factories.ts'
import { startTestApp, type TestApp } from '../../api/test/harness.ts'
import { clients } from '../../shared/src/clients.ts'
import { type Template, templates } from '../../shared/src/templates.ts'
import { openSignedIn, until } from './kit.ts'

let product: TestApp
let browser: Browser
let dana: Person
beforeAll(async () => {
  product = await startTestApp()
  browser = await launchBrowser()
  dana = await makeFirm(product)
})
afterAll(async () => {
  await browser.close()
  await product.close()
})

const listed = async (name: string): Promise<Template | undefined> =>
  (await product.call(templates.list, {}, dana)).body.items.find((one) => one.name === name)

test('an administrator writes a template from the standard one, sees what a client would read, tries it and puts it into use', async () => {
  const clientId = await makeClient(product, dana, { businessName: 'Bluewater Marine' })
  const bank = { institutionId: 'ins_1', name: 'Harborview' }
  await product.call(clients.addBank, { params: { clientId }, body: bank }, dana)
  const { page, context, problems } = await openSignedIn(browser, product, dana)
  await page.goto('/')
  await page.getByRole('button', { name: 'Clients', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Communication Center' }).click()
  await page.getByRole('button', { name: 'More about Standard text, text message in English' }).first().click()
  await page.getByRole('menuitem', { name: 'Duplicate' }).click()

  // Field by field: what is wrong is said there, and nothing typed is lost
  const [name, text, preview] = [
    page.getByLabel('Name'),
    page.getByLabel('Text', { exact: true }),
    page.getByRole('region', { name: 'Preview' }),
  ]
  await preview.getByText('Hi Nora, this is Dana Whitlock').waitFor()
  await text.fill('Hello , your bank needs you')
  await text.evaluate((element: HTMLTextAreaElement) => element.setSelectionRange(6, 6))
  await page.getByRole('button', { name: 'First name' }).click()
  await page.keyboard.type('!')
  expect(await text.inputValue()).toBe('Hello {{contact_name}}!, your bank needs you')
  await page.keyboard.press('Control+Enter')
  await page.getByText('Enter a name.').waitFor()
  await page.getByText('Add {{bank_link}}: it becomes the link that the client taps.').waitFor()
  await name.fill('Warm')
  await text.fill('Hello {{contact_name}}, {{bank_names}} for {{client_name}}: ')
  await page.getByRole('button', { name: 'Link', exact: true }).click()
  await preview.getByText('Hello Nora, First Meridian and Unity Card for Saltgrass Outfitters').waitFor()
  await preview.getByText(/\d+ characters, 1 segment/).waitFor()
  await preview.getByRole('button', { name: 'Client' }).click()
  await page.getByRole('button', { name: 'Bluewater Marine' }).click()
  await preview.getByText('Hello Nora, Harborview for Bluewater Marine').waitFor()
  expect(await accessibilityProblems(page)).toEqual([])

  // A page that is left by mistake asks first
  await page.getByRole('link', { name: 'Templates' }).click()
  await page.getByRole('button', { name: 'Keep editing' }).click()
  await text.press('Control+Enter')
  await page.getByText('Warm added').waitFor()
  await page.getByRole('button', { name: 'Use this one' }).click()
  await page.getByText('Warm is in use').waitFor()
  expect(await until('the pick', async () => (await listed('Warm'))?.inUse)).toBe(true)
  await page.getByRole('button', { name: 'Send a test to me' }).click()
  await page.getByText('Add your own cell phone under Account first').waitFor()
  await page.getByRole('link', { name: 'Templates' }).click()
  await page.getByRole('link', { name: 'Edit Warm' }).waitFor()
  expect(problems.filter((problem) => !problem.includes('409'))).toEqual([])
  await context.close()
})

test('whom a colleague was faster than is told who, and chooses; an employee reads and changes nothing', async () => {
  const use = { kind: 'reminder', channel: 'email', language: 'es' } as const
  const body = { ...use, name: 'Nota', title: 'Hola', body: 'Hola\n\n{{bank_link}}' }
  const { id, version } = (await product.call(templates.create, { body }, dana)).body
  const { page, context } = await openSignedIn(browser, product, dana, { screen: 'phone' })
  await page.goto(`/communication/templates/${id}`)
  await page.getByLabel('Subject').fill('Buenos días')
  const priya = await makeStaff(product, dana.firmId, 'administrator', 'Priya Raman')
  const theirs = { name: 'Nota', title: 'Buenas tardes', body: body.body, version }
  await product.call(templates.update, { params: { templateId: id }, body: theirs }, priya)
  await page.getByText('Priya Raman changed this template meanwhile').waitFor()
  expect(await accessibilityProblems(page)).toEqual([])
  expect(await scrollsSideways(page)).toBe(false)
  await page.getByRole('button', { name: 'Save template' }).click()
  await page.getByText('The template was not saved').waitFor()
  expect(await page.getByLabel('Subject').inputValue()).toBe('Buenos días')
  await page.getByRole('button', { name: 'Keep mine' }).click()
  await page.getByRole('button', { name: 'Save template' }).click()
  await page.getByText('Nota saved').waitFor()
  expect(await listed('Nota')).toMatchObject({ title: 'Buenos días', version: 3, changedBy: 'Dana Whitlock' })
  await context.close()

  const marcus = await makeStaff(product, dana.firmId, 'employee')
  const reading = await openSignedIn(browser, product, marcus)
  await reading.page.goto(`/communication/templates/${id}`)
  await reading.page.getByText('Only an administrator can change templates.').waitFor()
  expect(await reading.page.getByRole('textbox', { name: 'Text' }).count()).toBe(0)
  await reading.page.getByRole('button', { name: 'Send a test to me' }).click()
  await reading.page.getByText(`Test sent to ${marcus.email}`).waitFor()
  await product.drain()
  expect(product.network.sendgrid.messages().at(-1)?.subject).toBe('Prueba: Buenos días')
  expect(reading.problems).toEqual([])
  await reading.context.close()
})
