import { type UploadField, uploadFields } from '@ledgersync/shared/uploads'
import { looksLikeEmail, type Table } from './table.ts'

/**
 * Headers that mean a field, folded by {@link fold}: English and Spanish, as practice software and people write them. The exact ones
 * come first: of "Phone" and "Mobile" in one list the second is the cell phone.
 */
const words: Record<UploadField, string> = {
  businessName:
    'businessname companyname clientname customername organizationname legalname accountname nombredelaempresa nombredelnegocio ' +
    'nombredelcliente nombrecomercial razonsocial denominacion dba business company organization client customer account empresa ' +
    'negocio compania cliente name nombre',
  contactName:
    'contactname contactperson primarycontact maincontact nombredelcontacto personadecontacto ownername contact contacto fullname ' +
    'nombrecompleto owner propietario dueno',
  contactFirstName: 'contactfirstname nombrecontacto firstname givenname forename primernombre nombredepila first',
  contactLastName: 'contactlastname apellidocontacto lastname surname familyname apellidos apellido last',
  email:
    'email emailaddress correoelectronico direcciondecorreoelectronico direcciondecorreo contactemail primaryemail emaildelcliente ' +
    'businessemail correo mail',
  username: 'username nombredeusuario loginname userid usuario user login',
  phone:
    'cellphone cellphonenumber cell mobilephone mobilenumber mobile celular telefonocelular telefonomovil numerodecelular movil ' +
    'contactphone primaryphone phonenumber phone telephone numerodetelefono telefono tel',
  staffHaveAccess:
    'wehavethebanklogin staffhaveaccess wehavethelogin wehaveaccess tenemoselaccesobancario tenemosacceso banklogin accesobancario ' +
    'accesoalbanco clientaccess ownaccess',
  // "Consent" alone is mostly about something else, such as the use of a tax return
  textConsent:
    'agreedtotexts textconsent smsconsent smsoptin textoptin aceptamensajes aceptasms consentimientosms consentimientodemensajes',
  timeZone: 'timezone zonahoraria husohorario tz',
  language: 'preferredlanguage language idioma lenguaje lengua lang',
  group: 'groupname clientgroup group grupo category categoria team equipo',
  staff:
    'staffemail assignedstaff assignedto asignadoa staff accountant bookkeeper preparer manager contador contadora contable ' +
    'encargado responsible responsable personal',
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
