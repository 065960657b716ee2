import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ownEntry } from './own-entry.ts'
import { readManifest } from './read-manifest.ts'

/** A manifest of one contract, whose first line is line 6: `v1:` stands on line 5. */
const contract = (text: string) => `models:
  spam:
    owner: me
    contracts:
      v1:
${indented(8, text)}`

/** The same with a sound version on line 7, and the text from line 8. */
const custom = (text: string) => contract(`versions:\n  "1.0": {}\n${text}`)

const indented = (by: number, text: string) =>
  text
    .split('\n')
    .map((line) => `${' '.repeat(by)}${line}`)
    .join('\n')

const faultsOf = (yaml: string): string[] => {
  const read = readManifest(yaml)
  if (!('faults' in read)) return []
  return read.faults.map(({ line, path, message, suggestion }) =>
    [`${line}`, path, message, ...(suggestion === undefined ? [] : [suggestion])].join(' | '),
  )
}

const v1 = 'models.spam.contracts.v1'
const name = 'must be lower-case words of letters and digits, joined by hyphens, at most 63 characters'
const forms = 'must be "embedded", http(s)://host:port/path, dns+http(s)://name:port/path or unix:/path.sock'
const duration = 'must be a duration such as 800ms, 30s or 2m, at most 1h'
const address = 'is an address already: there is no name to look up'
const replicas = (addresses: string) => contract(`versions:\n  "1.0":\n    replicas: [${addresses}]`)

/** Manifest -> each fault: line | path | message | suggestion. */
const table: Readonly<Record<string, readonly [yaml: string, ...faults: string[]]>> = {
  'a slip at the top': ['modles: {}', '1 | modles | is not a field here | Did you mean "models"?'],
  'a slip in a model': [
    'models:\n  spam:\n    ownr: me\n    contracts: {v1: {versions: {"1": {}}}}',
    '2 | models.spam.owner | is missing',
    '3 | models.spam.ownr | is not a field here | Did you mean "owner"?',
  ],
  'a slip in a contract': [custom('limitz: {}'), `8 | ${v1}.limitz | is not a field here | Did you mean "limits"?`],
  'a slip in limits': [
    custom('limits: {itms: 3}'),
    `8 | ${v1}.limits.itms | is not a field here | Did you mean "items"?`,
  ],
  'a slip in an example': [
    custom('examples:\n  - input: 1\n  - inptu: 1\n    output: 2'),
    `10 | ${v1}.examples.1.input | is missing`,
    `10 | ${v1}.examples.1.inptu | is not a field here | Did you mean "input"?`,
  ],
  'a slip in deprecated': [
    custom('deprecated: {since: 2026-11-01, sunst: 2027-01-01}'),
    `8 | ${v1}.deprecated.sunst | is not a field here | Did you mean "sunset"?`,
  ],
  'a slip in retired': [
    contract('versions:\n  "1.0": {}\n  "0.9":\n    retired: {sucessor: "1.0"}'),
    `9 | ${v1}.versions.0.9.retired.sucessor | is not a field here | Did you mean "successor"?`,
  ],
  'a slip in traffic': [
    custom('traffic: {weight: {"1.0": 1}}'),
    `8 | ${v1}.traffic.weight | is not a field here | Did you mean "weights"?`,
  ],
  'a slip in a consumer': [
    'consumers:\n  shop:\n    dmo: true',
    '3 | consumers.shop.dmo | is not a field here | Did you mean "demo"?',
  ],
  'versions without quotes': [
    contract('versions:\n  1.0: {}\n  1.1: {}\n  1.10: {}'),
    `7 | ${v1}.versions.1.0 | is a key that YAML does not read as text | Quote it: "1.0".`,
    `8 | ${v1}.versions.1.1 | is a key that YAML does not read as text | Quote it: "1.1".`,
    `9 | ${v1}.versions.1.10 | is a key that YAML does not read as text | Quote it: "1.10".`,
  ],
  'text without quotes': [
    contract('versions:\n  "1.0": {}\n  "0.9":\n    retired: {successor: 1.10}'),
    `9 | ${v1}.versions.0.9.retired.successor | must be a string, not 1.1 | Quote it: "1.10".`,
  ],
  'a key twice': [
    contract('versions:\n  "1.0": {}\n  "1.0": {}'),
    `8 | ${v1}.versions.1.0 | stands here twice | Merge it with line 7, or rename one of them.`,
  ],
  'a wrong type': [custom('streams: "yes"'), `8 | ${v1}.streams | must be true or false, not a string`],
  'a model that is none': ['models:\n  spam: 3\n', '2 | models.spam | must be an object, not 3'],
  'models in a list': ['models:\n  - spam\n', '1 | models | must be an object, not a list'],
  'a manifest that is text': ['hello', '1 |  | must be an object, not a string'],
  'bad names': [
    'models:\n  Spam: {owner: me, contracts: {v1: {versions: {"1": {}}}}}\nconsumers:\n  a--b: {}\n  admin: {}\n  __proto__: {}',
    `2 | models.Spam | ${name}`,
    `4 | consumers.a--b | ${name}`,
    '5 | consumers.admin | is taken: it owns the admin key',
    `6 | consumers.__proto__ | ${name}`,
  ],
  "what is kept for the gateway's own consumers": [
    'models: {}\nconsumers:\n  astra-cash: {}\n  astra-judge: {limits: {budget: {day: 5}}}\n  astra-eval: {demo: true, origins: ["https://a.example"]}\nissuers:\n  company: {issuer: "https://a.example", audience: a, claims: {consumer: {claim: azp, values: {x: astra-judge}}}}',
    `3 | consumers.astra-cash | begins with "astra-", which is kept for the gateway's own: astra-cache, astra-shadow, astra-judge, astra-eval, astra-replay | Did you mean "astra-cache"?`,
    `5 | consumers.astra-eval.demo | means nothing of one of the gateway's own consumers: nobody has a key of it | Leave it out.`,
    `5 | consumers.astra-eval.origins | means nothing of one of the gateway's own consumers: nobody has a key of it | Leave it out.`,
    `7 | issuers.company.claims.consumer.values.x | is one of the gateway's own consumers: "astra-judge"`,
  ],
  'one name in GraphQL': [
    'models:\n  a-1: {owner: me, contracts: {v1: {versions: {"1": {}}}}}\n  a1: {owner: me, contracts: {v1: {versions: {"1": {}}}}}',
    '3 | models.a1 | has the same name in GraphQL (a1) as "a-1" | Rename one of them.',
  ],
  'a bad major': [
    'models:\n  spam:\n    owner: me\n    contracts:\n      v0: {versions: {"1": {}}}',
    '5 | models.spam.contracts.v0 | must be a major version such as v1',
  ],
  'a bad version': [
    contract('versions:\n  "1 0": {}\n  __proto__: {}'),
    `7 | ${v1}.versions.1 0 | must be letters, digits, dots, hyphens and underscores, at most 64`,
    `8 | ${v1}.versions.__proto__ | must be letters, digits, dots, hyphens and underscores, at most 64`,
  ],
  'an unknown task': [
    custom('task: clasification'),
    `8 | ${v1}.task | must be one of "chat", "completion", "embedding", "moderation", "classification", "regression", "custom" | Did you mean "classification"?`,
  ],
  'labels without a task': [custom('labels: [a]'), `8 | ${v1}.labels | needs a task that uses it | Leave it out.`],
  'an output that the task settles': [
    custom('task: chat\noutput: {}'),
    `9 | ${v1}.output | is settled by the task chat | Leave it out.`,
  ],
  'a label twice': [
    custom('task: classification\nlabels:\n  - a\n  - b\n  - a'),
    `12 | ${v1}.labels.2 | stands in the list twice: "a"`,
  ],
  'an input without an output': [
    custom('input: {type: object}'),
    `5 | ${v1} | needs both "input" and "output", or neither: then both are read from the tensors of the first version`,
  ],
  'weights of unknown and retired versions': [
    contract(
      'versions:\n  "1.0": {}\n  "0.9": {retired: {}}\ntraffic:\n  weights:\n    "1.0": 1\n    "0.9": 1\n    "1.00": 1\n    constructor: 1',
    ),
    `12 | ${v1}.traffic.weights.0.9 | was retired and can have no traffic | Give it the weight 0, or leave it out.`,
    `13 | ${v1}.traffic.weights.1.00 | is no version of this contract | Did you mean "1.0"?`,
    `14 | ${v1}.traffic.weights.constructor | is no version of this contract`,
  ],
  'traffic of nothing': [custom('traffic: {}'), `8 | ${v1}.traffic | must have at least 1 field, has 0`],
  'fallbacks that are unknown, retired, twice, too many': [
    contract(
      'versions:\n  "1.0": {}\n  "0.9": {retired: {}}\ntraffic:\n  fallback:\n    - "1.0"\n    - "1.00"\n    - "0.9"\n    - "1.0"',
    ),
    `12 | ${v1}.traffic.fallback.1 | is no version of this contract`,
    `13 | ${v1}.traffic.fallback.2 | was retired and takes no calls | Leave it out.`,
    `14 | ${v1}.traffic.fallback.3 | stands in the list twice: "1.0"`,
  ],
  'an unknown fallback like a version that has all the traffic, and like one that has none': [
    contract('versions: {"1.0": {}, "2.0": {}}\ntraffic: {weights: {"2.0": 1, "1.0": 0}, fallback: ["2.1", "1.1"]}'),
    `7 | ${v1}.traffic.fallback.0 | is no version of this contract`,
    `7 | ${v1}.traffic.fallback.1 | is no version of this contract | Did you mean "1.0"?`,
  ],
  'five fallbacks': [
    custom('traffic: {fallback: [a, b, c, d, e]}'),
    `8 | ${v1}.traffic.fallback | must have at most 4 elements, has 5`,
  ],
  'hedges without bounds': [
    custom('traffic:\n  hedge: {after: soon, share: 0.1}'),
    `9 | ${v1}.traffic.hedge.after | ${duration}`,
  ],
  'hedges of nothing and of more than all': [
    `${custom('traffic: {hedge: {after: 1s, share: 0}}')}
      v2: {versions: {"1": {}}, traffic: {hedge: {after: 1s, share: 1.1}}}`,
    `8 | ${v1}.traffic.hedge.share | must be more than 0`,
    '9 | models.spam.contracts.v2.traffic.hedge.share | must be at most 1',
  ],
  'prices that are none': [
    'prices:\n  openai/a: [{from: 2026-01-01, inptu: 1}]\n  b: []\n  c: [{input: 1}]\n  d: [{from: 2026-01-01, input: -1}]\n  e: [{from: 2026-01-01, input: 1000001}]',
    '2 | prices.openai/a.0.inptu | is not a field here | Did you mean "input"?',
    '3 | prices.b | must have at least 1 element, has 0',
    '4 | prices.c.0.from | is missing',
    '5 | prices.d.0.input | must be at least 0',
    '6 | prices.e.0.input | must be at most 1000000',
  ],
  'a price of nothing, and one day twice': [
    'prices:\n  a:\n    - {from: 2026-01-01, input: 0}\n    - {from: 2026-01-02, cachedInput: 1}\n    - {from: 2026-01-01, items: 1}',
    '4 | prices.a.1 | prices nothing | Give "input", "output" or "items"; 0 is a price too.',
    '5 | prices.a.2.from | stands in the list twice: 2026-01-01',
  ],
  'prices of what cannot be read': [
    `prices:\n  "a\\nb": [{from: 2026-01-01, input: 1}]\n  ${'x'.repeat(201)}: [{from: 2026-01-01, input: 1}]\n  __proto__: [{from: 2026-01-01, input: 1}]`,
    '2 | prices.a\nb | must begin with a letter or digit and be printable, at most 200 characters',
    `3 | prices.${'x'.repeat(201)} | must begin with a letter or digit and be printable, at most 200 characters`,
    '4 | prices.__proto__ | must begin with a letter or digit and be printable, at most 200 characters',
  ],
  'weights that are all 0': [
    custom('traffic:\n  weights: {"1.0": 0}'),
    `9 | ${v1}.traffic.weights | must give at least one version a weight above 0`,
  ],
  'weights that are no numbers of JSON': [
    custom('traffic:\n  weights:\n    "1.0": .nan\nexamples:\n  - input: -.inf'),
    `10 | ${v1}.traffic.weights.1.0 | is no finite number`,
    `12 | ${v1}.examples.0.input | is no finite number`,
  ],
  'a negative weight': [
    custom('traffic:\n  weights:\n    "1.0": -1'),
    `10 | ${v1}.traffic.weights.1.0 | must be at least 0`,
  ],
  'a default without a contract': [
    `${custom('streams: false')}\n    default: v2`,
    '9 | models.spam.default | names no contract of this model (v1) | Did you mean "v1"?',
  ],
  'successors that are none': [
    contract(
      'versions:\n  "1.0": {}\n  "0.9":\n    retired: {successor: "1.o"}\n  "0.8": {retired: {successor: "0.9"}}\n  "0.7": {retired: {successor: constructor}}\n  "0.6": {retired: {successor: "0.6"}}',
    ),
    `9 | ${v1}.versions.0.9.retired.successor | names no live version of this contract | Did you mean "1.0"?`,
    `10 | ${v1}.versions.0.8.retired.successor | names no live version of this contract`,
    `11 | ${v1}.versions.0.7.retired.successor | names no live version of this contract`,
    `12 | ${v1}.versions.0.6.retired.successor | names no live version of this contract`,
  ],
  'bad units': [
    custom('limits:\n  body: 10 megs\n  timeout: 2h\n  firstByte: 61m\n  idle: 0s'),
    `9 | ${v1}.limits.body | must be a size such as 64KiB or 10MiB, at most 1GiB`,
    `10 | ${v1}.limits.timeout | ${duration}`,
    `11 | ${v1}.limits.firstByte | ${duration}`,
    `12 | ${v1}.limits.idle | ${duration}`,
  ],
  'a body of 2 GiB': [custom('limits: {body: 2147483648}'), `8 | ${v1}.limits.body | must be at most 1073741824`],
  'durations without a unit': [
    custom('limits: {timeout: 3}\ntraffic: {hedge: {after: 2, share: 0.1}}'),
    `8 | ${v1}.limits.timeout | must be a string, not 3 | Write for example "30s".`,
    `9 | ${v1}.traffic.hedge.after | must be a string, not 2 | Write for example "30s".`,
  ],
  'per cent, and quotes, where a number is wanted': [
    custom(
      'traffic:\n  weights: {"1.0": 90%}\n  shadow: {version: "1.0", share: 5%}\n  hedge: {after: 1s, share: "0.1"}',
    ),
    `9 | ${v1}.traffic.weights.1.0 | must be a number, not a string | Write 90.`,
    `10 | ${v1}.traffic.shadow.share | must be a number, not a string | Write 0.05.`,
    `11 | ${v1}.traffic.hedge.share | must be a number, not a string | Write 0.1, without quotes.`,
  ],
  'yes where there is a choice of words, or an object that may be empty': [
    custom('capture: true\ndrift:'),
    `8 | ${v1}.capture | must be a string or an object, not true or false | Write "redacted" or "full".`,
    `9 | ${v1}.drift | must be an object, not null | Write for example {}.`,
  ],
  'a field far from any': [
    custom('limits: {zzz: 3}'),
    `8 | ${v1}.limits.zzz | is not a field here | The fields here are body, items, timeout, firstByte, idle, inFlight, queue, outputTokens, whenUnavailable.`,
  ],
  'a timeout of nothing': [
    custom('limits: {timeout: 0s}'),
    `8 | ${v1}.limits.timeout | must be a duration such as 800ms, 30s or 2m, at most 1h`,
  ],
  'a day that is none': [
    custom('deprecated: {since: 2026-02-30}'),
    `8 | ${v1}.deprecated.since | must be a date such as 2026-11-01`,
  ],
  'a sunset before the deprecation': [
    custom('deprecated:\n  since: 2026-11-01\n  sunset: 2026-10-31'),
    `10 | ${v1}.deprecated.sunset | must not come before "since", 2026-11-01`,
  ],
  'replicas with credentials or a query': [
    replicas('"http://me:secret@h:1", "http://h/v2?", "ftp://h", "unix:relative.sock", embeded'),
    `8 | ${v1}.versions.1.0.replicas.0 | must hold no credentials`,
    `8 | ${v1}.versions.1.0.replicas.1 | must end with its path: no "?" and no "#"`,
    `8 | ${v1}.versions.1.0.replicas.2 | ${forms}`,
    `8 | ${v1}.versions.1.0.replicas.3 | must be unix:/absolute/path.sock`,
    `8 | ${v1}.versions.1.0.replicas.4 | ${forms} | Did you mean "embedded"?`,
  ],
  'replicas by names, and slips in them': [
    replicas(
      '"dns+http://models.example:8000", "dns+https://models", "dns://m:1", "dns+htp://m:1", "m:8000", "dns+http://10.0.0.1:1", "dns+http://m:1/v2#a", "dns+http://[::1]:1", "dns+http://169.254.1.1"',
    ),
    `8 | ${v1}.versions.1.0.replicas.2 | ${forms} | Did you mean "dns+http://m:1"?`,
    `8 | ${v1}.versions.1.0.replicas.3 | ${forms} | Did you mean "dns+http"?`,
    `8 | ${v1}.versions.1.0.replicas.4 | ${forms} | Did you mean "http://m:8000"?`,
    `8 | ${v1}.versions.1.0.replicas.5 | ${address} | Write "http://10.0.0.1:1".`,
    `8 | ${v1}.versions.1.0.replicas.6 | must end with its path: no "?" and no "#"`,
    `8 | ${v1}.versions.1.0.replicas.7 | ${address} | Write "http://[::1]:1".`,
    `8 | ${v1}.versions.1.0.replicas.8 | is a link-local address, where clouds keep their metadata`,
  ],
  'replicas where clouds keep their metadata': [
    replicas(
      '"http://169.254.169.254", "http://[fe80::1]:80", "http://[::ffff:169.254.169.254]", "http://2852039166", "http://169.254.169.254.", "http://[64:ff9b::a9fe:a9fe]", "http://[::169.254.169.254]", "http://[2002:a9fe:a9fe::]", "http://[fd00:ec2::254]", "http://100.100.100.200", "http://[::ffff:1.2.3.4]"',
    ),
    ...Array.from(
      { length: 10 },
      (_, i) => `8 | ${v1}.versions.1.0.replicas.${i} | is a link-local address, where clouds keep their metadata`,
    ),
  ],
  'a schema outside the subset': [
    custom(
      'input:\n  type: object\n  properties:\n    a/b: {allOf: []}\noutput: {type: object, properties: {x: {typ: string}}}',
    ),
    `11 | ${v1}.input.properties.a/b.allOf | is not a keyword that a contract may use | Write the fields out in one schema.`,
    `12 | ${v1}.output.properties.x.typ | is not a keyword that a contract may use | Did you mean "type"?`,
  ],
  'a field of every object': [
    custom('input:\n  type: object\n  properties: {__proto__: {type: string}}\noutput: {}'),
    `10 | ${v1}.input.properties.__proto__ | is a name with a meaning of its own in JavaScript`,
  ],
  'a chunk without a stream': [
    custom('input: {}\noutput: {}\nchunk: {}'),
    `10 | ${v1}.chunk | has no use without "streams: true"`,
  ],
  'a stream without a chunk': [
    custom('input: {}\noutput: {}\nstreams: true'),
    `10 | ${v1}.streams | needs a "chunk" schema: the form of one piece of the stream`,
  ],
  'a stream of a task that has none': [
    custom('task: regression\nstreams: true'),
    `9 | ${v1}.streams | has no use: the task regression answers at once | Leave it out.`,
  ],
  'faults of every kind at once': [
    `${contract('streamz: true\nversions: {1.0: {}}')}\n  ham:\n    owner: 3\n    default: v2\n    contracts:\n      v1:\n        versions: {"1": {}}\n        limits: {timeout: soon}\nconsumers: {X: {}}`,
    `6 | ${v1}.streamz | is not a field here | Did you mean "streams"?`,
    `7 | ${v1}.versions.1.0 | is a key that YAML does not read as text | Quote it: "1.0".`,
    '9 | models.ham.owner | must be a string, not 3 | Quote it: "3".',
    '10 | models.ham.default | names no contract of this model (v1) | Did you mean "v1"?',
    '14 | models.ham.contracts.v1.limits.timeout | must be a duration such as 800ms, 30s or 2m, at most 1h',
    `15 | consumers.X | ${name}`,
  ],
  'an alias of nothing': ['models: *gone', '1 | models | is an alias of nothing: *gone'],
  'an alias bomb': [
    `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`)}]`).join('\n')}`,
    '1 |  | unfolds its aliases more than 1000 times',
  ],
  '1 MiB': ['#'.repeat(2 ** 20), '1 |  | is longer than 524288 characters'],
  'brackets 101 deep': [`models: ${'[{a: '.repeat(51)}`, '1 |  | nests brackets and braces more than 100 deep'],
  'lists without end': [`models:\n  ${'- '.repeat(20_000)}`, '1 |  | nests too deeply'],
  'a key twice in one line': [
    'models: {}\nconsumers: {a: {}, a: {}}',
    '2 | consumers.a | stands here twice | Leave one of them out.',
  ],
  'budgets that are no object': [
    'models: {}\nteams:\n  a: {limits: {budget: 20}}\n  b: {limits: {budget: 20.5/month}}\n  c: {limits: {budget: USD 7}}\n  d: {limits: {budget: [20]}}',
    '3 | teams.a.limits.budget | must be an object, not 20 | Write { day: 20 }.',
    '4 | teams.b.limits.budget | must be an object, not a string | Write { month: 20.5 }.',
    '5 | teams.c.limits.budget | must be an object, not a string | Write { day: 7 }.',
    '6 | teams.d.limits.budget | must be an object, not a list',
  ],
  'a tab, however often': ['models:\n\tspam:\n\t\towner: me', '2 |  | is indented by a tab | Indent by spaces.'],
  'a bracket left open': [
    'models:\n  spam: {owner: me\nconsumers: {}',
    '3 |  | comes before a bracket is closed: a } is missing',
  ],
  'two documents': ['models: {}\n---\nmodels: {}', '2 |  | Source contains multiple documents'],
  'a type that JSON has not': ['models: !!set {a}', '1 |  | Unresolved tag: tag:yaml.org,2002:set'],
}

describe('readManifest', () => {
  for (const [title, [yaml, ...faults]] of Object.entries(table)) {
    it(`names the fault and its line: ${title}`, () => assert.deepEqual(faultsOf(yaml), faults))
  }

  it('reads an empty file as an empty manifest', () => {
    for (const yaml of ['', '\n', '# nothing yet\n', '---\n', '{}']) {
      const read = readManifest(yaml)
      assert.ok('manifest' in read)
      assert.deepEqual(read.manifest, {
        models: {},
        consumers: {},
        teams: {},
        issuers: {},
        prices: {},
        experiments: {},
      })
    }
  })

  it('keeps dates text, quoted or not, and by YAML 1.1 too', () => {
    const yaml = custom('deprecated: {since: 2026-11-01, sunset: "2027-01-01"}')
    for (const text of [yaml, `%YAML 1.1\n---\n${yaml}`]) {
      const read = readManifest(text)
      assert.ok('manifest' in read)
      const { deprecated } = read.manifest.models.spam?.contracts.v1 ?? {}
      assert.deepEqual(deprecated, { since: '2026-11-01', sunset: '2027-01-01' })
    }
  })

  it('reads names that every object has as names', () => {
    const read = readManifest(
      'models: {constructor: {owner: me, contracts: {v1: {versions: {constructor: {}, toString: {}}}}}}\nconsumers: {constructor: {}}',
    )
    assert.ok('manifest' in read)
    assert.deepEqual(Object.keys(read.manifest.models), ['constructor'])
    const versions = ownEntry(read.manifest.models, 'constructor')?.contracts.v1?.versions ?? {}
    assert.deepEqual(Object.keys(versions), ['constructor', 'toString'])
  })

  it('takes brackets in text for text, and those that are closed for closed', () => {
    const text = '[{'.repeat(60)
    const yaml = custom(
      `# ${text}\nexamples:\n${`  - input: ["${text}", '${text}', [{}]]\n  - input: x[{\n`.repeat(60)}`,
    )
    assert.deepEqual(faultsOf(yaml), [`9 | ${v1}.examples | must have at most 20 elements, has 120`])
  })

  it('stands nesting of any depth', () => {
    for (const yaml of [
      `${']'.repeat(99)}${'['.repeat(20_000)}`,
      `models: ${'['.repeat(20_000)}`,
      `models: ${'{a: '.repeat(20_000)}`,
    ]) {
      assert.notDeepEqual(faultsOf(yaml), [])
    }
  })
})
