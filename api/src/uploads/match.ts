import { type UploadField, uploadFields } from '@ledgersync/shared/uploads'
import { looksLikeEmail, type Table } from './table.ts'

/** Headers that mean a field, folded by {@link fold}: English and Spanish, as practice software and people write them. */
const words: Record<UploadField, string> = {
  businessName:
    'businessname business company companyname client clientname customer customername organization organizationname ' +
    'legalname dba account accountname name nombredelaempresa nombredelnegocio nombredelcliente nombrecomercial nombre ' +
    'empresa negocio cliente compania razonsocial denominacion',
  contactName:
    'contactname contact contactperson maincontact primarycontact owner ownername fullname nombredelcontacto contacto ' +
    'personadecontacto nombrecompleto propietario dueno',
  contactFirstName: 'contactfirstname firstname first givenname forename primernombre nombredepila nombrecontacto',
  contactLastName: 'contactlastname lastname last surname familyname apellido apellidos apellidocontacto',
  email:
    'email emailaddress mail contactemail primaryemail businessemail correo correoelectronico direcciondecorreo ' +
    'direcciondecorreoelectronico emaildelcliente',
  username: 'username user userid login loginname usuario nombredeusuario',
  phone:
    'cellphone cell phone phonenumber mobile mobilephone mobilenumber cellphonenumber telephone tel contactphone ' +
    'primaryphone celular movil telefono telefonocelular telefonomovil numerodetelefono numerodecelular',
  staffHaveAccess:
    'wehavethebanklogin staffhaveaccess clientaccess ownaccess banklogin wehaveaccess wehavethelogin tenemosacceso ' +
    'tenemoselaccesobancario accesobancario accesoalbanco',
  textConsent:
    'agreedtotexts textconsent smsconsent consent smsoptin textoptin aceptamensajes aceptasms consentimiento ' +
    'consentimientosms consentimientodemensajes',
  timeZone: 'timezone tz zonahoraria husohorario',
  language: 'language lang preferredlanguage idioma lengua lenguaje',
  group: 'group groupname clientgroup category team grupo categoria equipo',
  staff:
    'staff staffemail assignedstaff assignedto accountant bookkeeper manager preparer responsible personal asignadoa ' +
    'contador contadora contable encargado responsable',
}

/** Lower case, without accents, spaces and signs: "Correo electrónico" is `correoelectronico`. */
const fold = (header: string): string =>
  header
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')

const rowsLookedAt = 200

/** What share of a column's values must look like a field's for the content to speak. */
const shareMin = 0.8

const content: [UploadField, (value: string) => boolean][] = [
  ['email', looksLikeEmail],
  ['phone', (value) => /^\+?[\d\s().-]{10,20}$/.test(value) && (value.match(/\d/g)?.length ?? 0) >= 10],
  ['timeZone', (value) => /^(?:America|Europe|Asia|Africa|Pacific|Australia|Atlantic|US)\/\w+/.test(value)],
]

/**
 * Proposes what each column means: by the words of its header first, in the order the words stand in the table above, then by what its
 * cells look like. No field is proposed twice; null where nothing fits.
 */
export function proposeFields({ headers, rows }: Pick<Table, 'headers' | 'rows'>): (UploadField | null)[] {
  const folded = headers.map(fold)
  const proposed: (UploadField | null)[] = headers.map(() => null)
  for (const field of uploadFields) {
    const columns = words[field]
      .split(' ')
      .map((word) => folded.findIndex((header, column) => header === word && proposed[column] === null))
    const column = columns.find((found) => found >= 0)
    if (column !== undefined) proposed[column] = field
  }
  const sample = rows.slice(0, rowsLookedAt)
  for (const [field, looksLike] of content) {
    if (proposed.includes(field)) continue
    const column = headers.findIndex((_header, index) => {
      if (proposed[index] !== null) return false
      const values = sample.map(({ cells }) => cells[index] ?? '').filter((value) => value !== '')
      return values.length > 0 && values.filter(looksLike).length >= values.length * shareMin
    })
    if (column >= 0) proposed[column] = field
  }
  return withoutDoubleNames(proposed)
}

/** A whole name and its halves say the same thing twice; the halves are more exact. */
function withoutDoubleNames(fields: (UploadField | null)[]): (UploadField | null)[] {
  const hasHalves = fields.includes('contactFirstName') || fields.includes('contactLastName')
  return hasHalves ? fields.map((field) => (field === 'contactName' ? null : field)) : fields
}
