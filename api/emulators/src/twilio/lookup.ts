/** A calling code, the country it is answered with, and the lengths a national number may have. */
interface Country {
  calling: string
  code: string
  lengths: [number, number]
}

/** The countries the emulator knows; a number of any other is answered INVALID_COUNTRY_CODE. */
const countries: Country[] = [
  { calling: '1', code: 'US', lengths: [10, 10] },
  { calling: '33', code: 'FR', lengths: [9, 9] },
  { calling: '34', code: 'ES', lengths: [9, 9] },
  { calling: '44', code: 'GB', lengths: [9, 10] },
  { calling: '49', code: 'DE', lengths: [6, 13] },
  { calling: '52', code: 'MX', lengths: [10, 10] },
  { calling: '61', code: 'AU', lengths: [9, 9] },
  { calling: '91', code: 'IN', lengths: [10, 10] },
]

const tollFree = new Set(['800', '833', '844', '855', '866', '877', '888'])

type Validity = { country: Country; national: string; error: null } | { country: Country | null; national: string; error: string }

function validate(number: string, countryCode: string): Validity {
  const typed = number.replace(/[\s().-]/g, '')
  if (!/^\+?\d+$/.test(typed)) return { country: null, national: typed, error: 'NOT_A_NUMBER' }
  const home = countries.find((country) => country.code === countryCode)
  const country = typed.startsWith('+') ? countries.find(({ calling }) => typed.startsWith(`+${calling}`)) : home
  if (country === undefined) return { country: null, national: typed, error: 'INVALID_COUNTRY_CODE' }
  let national = typed.startsWith('+') ? typed.slice(1 + country.calling.length) : typed
  if (!typed.startsWith('+') && country.code === 'US' && national.length === 11 && national.startsWith('1')) national = national.slice(1)
  const [min, max] = country.lengths
  if (national.length < min) return { country, national, error: 'TOO_SHORT' }
  if (national.length > max) return { country, national, error: 'TOO_LONG' }
  if (country.code === 'US' && !/^[2-9]\d{2}[2-9]\d{6}$/.test(national)) return { country, national, error: 'INVALID_BUT_POSSIBLE' }
  return { country, national, error: null }
}

/** 21614's magic number and the 30006 one are landlines, toll-free and 900 numbers are what they are, all others mobile. */
function lineType(phone: string): string {
  if (phone === '+15005550009' || phone === '+15005553006') return 'landline'
  const area = phone.startsWith('+1') ? phone.slice(2, 5) : ''
  return tollFree.has(area) ? 'tollFree' : area === '900' ? 'premium' : 'mobile'
}

/**
 * The answer of Lookup v2 (twilio.com/docs/lookup/v2-api). An impossible number is still a 200, with `valid: false`.
 * Line type comes only when asked for with `Fields=line_type_intelligence`.
 */
export function lookup(number: string, query: { fields: string[]; countryCode: string }): Record<string, unknown> {
  const { country, national, error } = validate(number, query.countryCode)
  const phone = error === null ? `+${country.calling}${national}` : number
  const valid = error === null
  const nationalFormat = country?.code === 'US' ? national.replace(/^(\d{3})(\d{3})(\d{4})$/, '($1) $2-$3') : national
  const withLineType = valid && query.fields.includes('line_type_intelligence')
  const others = ['caller_name', 'sim_swap', 'call_forwarding', 'line_status', 'identity_match', 'reassigned_number', 'sms_pumping_risk']
  return {
    ...Object.fromEntries(others.map((name) => [name, null])),
    calling_country_code: country?.calling ?? null,
    country_code: valid ? country.code : null,
    phone_number: phone,
    national_format: valid ? nationalFormat : null,
    valid,
    validation_errors: error === null ? [] : [error],
    line_type_intelligence: withLineType
      ? {
          error_code: null,
          mobile_country_code: '310',
          mobile_network_code: '800',
          carrier_name: 'Emulated Wireless',
          type: lineType(phone),
        }
      : null,
    phone_number_quality_score: null,
    pre_fill: null,
    url: `https://lookups.twilio.com/v2/PhoneNumbers/${encodeURIComponent(phone)}`,
  }
}
