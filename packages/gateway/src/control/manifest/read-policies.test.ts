import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readManifest } from './read-manifest.ts'

/** Limits, teams, issuers and caches: manifest -> each fault: line | path | message | suggestion. */
const faultsOf = (yaml: string): string[] => {
  const read = readManifest(yaml)
  if (!('faults' in read)) return []
  return read.faults.map(({ line, path, message, suggestion }) =>
    [`${line}`, path, message, ...(suggestion === undefined ? [] : [suggestion])].join(' | '),
  )
}

const limited = (...limits: readonly string[]) =>
  `teams:\n  a:\n    limits:\n${limits.map((limit) => `      ${limit}\n`).join('')}`
const at = 'teams.a.limits'
const rate =
  'must be a rate such as 100/minute: a number above 0 per second, minute, hour or day, or per time such as 10s'

/** The contract stands on line 2, its cache on line 3. */
const cached = (cache: string, task = 'chat', more = '') =>
  `models:\n  m: {owner: me, contracts: {v1: {task: ${task}, versions: {"1": {}},\n    cache: {${cache}}}}}\n  embed: {owner: me, contracts: {v1: {task: embedding, versions: {"1": {}}}}}\n${more}`
const cache = 'models.m.contracts.v1.cache'
const keep = 'must be a duration such as 30s, 5m or 24h, at most 720h'

/** The issuer's fields begin on line 3. */
const issued = (over: string) =>
  `issuers:\n  company:\n    ${over}\n    audience: a\nconsumers: {shop: {}}\nteams: {growth: {}}\n`
const claims = 'claims: {consumer: azp}'
const issuer = (url: string) => issued(`issuer: ${url}\n    ${claims}`)
const sound = (over: string) => issued(`${over}\n    issuer: https://a.example`)
const company = 'issuers.company'
const secure = 'must begin with https:// (http:// only for this machine itself)'
const unknownAlgorithm = 'must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519'

const table: Readonly<Record<string, readonly [yaml: string, ...faults: string[]]>> = {
  'rates that are none': [
    limited('requests: -5/minute', 'items: 0/hour', 'tokens: many'),
    `4 | ${at}.requests | ${rate}`,
    `5 | ${at}.items | ${rate}`,
    `6 | ${at}.tokens | ${rate}`,
  ],
  'rates that are nearly one': [
    limited('requests: 100', 'items: 5/min', 'tokens: {rate: 5 per day, burst: 7}'),
    `4 | ${at}.requests | ${rate} | Write for example "100/minute".`,
    `5 | ${at}.items | ${rate} | Did you mean "5/minute"?`,
    `6 | ${at}.tokens.rate | ${rate} | Did you mean "5/day"?`,
  ],
  'rates in the longer form': [
    limited('requests: {rat: 5/day}', 'items: {rate: 5}', 'tokens: {rate: 5/day, burst: 0}'),
    `4 | ${at}.requests.rate | is missing`,
    `4 | ${at}.requests.rat | is not a field here | Did you mean "rate"?`,
    `5 | ${at}.items.rate | must be a string, not 5 | Write for example "100/minute".`,
    `6 | ${at}.tokens.burst | must be at least 1`,
  ],
  'rates of nothing': [
    `${limited('requests:', 'items: []')}  b: {limits: {tokens: .nan}}`,
    `4 | ${at}.requests | ${rate}`,
    `5 | ${at}.items | ${rate}`,
    '6 | teams.b.limits.tokens | is no finite number',
  ],
  'counts and budgets': [
    limited('concurrent: 0', 'budget: {day: -1, month: 1e10, year: 3}'),
    `4 | ${at}.concurrent | must be at least 1`,
    `5 | ${at}.budget.day | must be more than 0`,
    `5 | ${at}.budget.month | must be at most 1000000000`,
    `5 | ${at}.budget.year | is not a field here | The fields here are day, month.`,
  ],
  'budgets of nothing, of 0 and of no number': [
    `${limited('budget: {}')}  b: {limits: {budget: {day: 0}, concurrent: 1.5}}\n  c: {limits: {budget: {day: .inf}}}`,
    `4 | ${at}.budget | must have at least 1 field, has 0`,
    '5 | teams.b.limits.budget.day | must be more than 0',
    '5 | teams.b.limits.concurrent | must be a whole number, not 1.5',
    '6 | teams.c.limits.budget.day | is no finite number',
  ],
  'limits of models, versions and consumers': [
    'consumers: {shop: {limits: {request: 1/s}}}\nmodels:\n  m:\n    owner: me\n    limits: {tokens: 1/s}\n    contracts: {v1: {versions: {"1": {limits: {items: 1/s}}}}}',
    '1 | consumers.shop.limits.request | is not a field here | Did you mean "requests"?',
    `5 | models.m.limits.tokens | ${rate} | Did you mean "1/second"?`,
    `6 | models.m.contracts.v1.versions.1.limits.items | ${rate} | Did you mean "1/second"?`,
  ],
  'limits of a contract': [
    'models:\n  m: {owner: me, contracts: {v1: {versions: {"1": {}}, limits: {queue: 0, outputTokens: -1, whenUnavailable: close}}}}',
    '2 | models.m.contracts.v1.limits.queue | must be at least 1',
    '2 | models.m.contracts.v1.limits.outputTokens | must be at least 1',
    '2 | models.m.contracts.v1.limits.whenUnavailable | must be one of "open", "closed" | Did you mean "closed"?',
  ],
  'teams by names that are none, and consumers of none': [
    'teams:\n  Shops: {}\n  growth: {}\nconsumers:\n  shop: {team: groth}\n  till: {team: constructor}',
    '2 | teams.Shops | must be lower-case words of letters and digits, joined by hyphens, at most 63 characters',
    '5 | consumers.shop.team | is no team of this manifest | Did you mean "growth"?',
    '6 | consumers.till.team | is no team of this manifest | Declare it: teams: {constructor: {}}.',
  ],
  'priorities and origins': [
    'consumers:\n  a: {priority: hgh}\n  b: {origins: ["*", "https://a.example/", "HTTPS://A.example:443", "a.example", "null", "file:///a", "https://a.example:8443"]}',
    '2 | consumers.a.priority | must be one of "high", "normal", "low" | Did you mean "high"?',
    '3 | consumers.b.origins.0 | would let the pages of everybody call | List each origin.',
    ...[1, 2].map(
      (i) =>
        `3 | consumers.b.origins.${i} | must be an origin as browsers send it, such as https://shop.example.com | Write "https://a.example".`,
    ),
    ...[3, 4, 5].map(
      (i) => `3 | consumers.b.origins.${i} | must be an origin as browsers send it, such as https://shop.example.com`,
    ),
  ],
  'an issuer without its fields': [
    'issuers:\n  company: {isuer: a}',
    ...['issuer', 'audience', 'claims'].map((field) => `2 | ${company}.${field} | is missing`),
    `2 | ${company}.isuer | is not a field here | Did you mean "issuer"?`,
  ],
  'an issuer in the clear': [issuer('http://login.example.com'), `3 | ${company}.issuer | ${secure}`],
  'an issuer that only looks like this machine': [issuer('http://127.example'), `3 | ${company}.issuer | ${secure}`],
  'an issuer that is no URL': [
    issuer('login.example.com'),
    `3 | ${company}.issuer | must be a URL such as https://login.example.com`,
  ],
  'an issuer with a query': [
    issuer('https://a.example/?a'),
    `3 | ${company}.issuer | must end with its path: no "?" and no "#"`,
  ],
  'an issuer with credentials': [issuer('https://a:b@c.example'), `3 | ${company}.issuer | must hold no credentials`],
  'keys where clouds keep their metadata': [
    sound(`jwks: https://169.254.169.254/keys\n    ${claims}`),
    `3 | ${company}.jwks | is a link-local address, where clouds keep their metadata`,
  ],
  'one issuer twice': [
    `${issuer('https://a.example')}`.replace(
      'issuers:\n',
      `issuers:\n  x: {issuer: "https://a.example", audience: b, ${claims}}\n`,
    ),
    `4 | ${company}.issuer | is the issuer of "x" already | Put both into one.`,
  ],
  'algorithms that prove nothing': [
    sound(`algorithms: [none, HS256, RS265, constructor]\n    ${claims}`),
    `3 | ${company}.algorithms.0 | is no signature: anybody could write such a token | Take RS256, ES256 or EdDSA.`,
    `3 | ${company}.algorithms.1 | signs with a secret that whoever checks could use too | Take RS256, ES256 or EdDSA.`,
    `3 | ${company}.algorithms.2 | ${unknownAlgorithm} | Did you mean "RS256"?`,
    `3 | ${company}.algorithms.3 | ${unknownAlgorithm}`,
  ],
  'clocks that are far apart': [
    sound(`clockSkew: 6m\n    ${claims}`),
    `3 | ${company}.clockSkew | must be a duration such as 30s or 1m, at most 5m`,
  ],
  'claims that stand for nobody': [
    sound('claims: {consumer: {claim: azp, values: {c: shp}}, team: {claim: g, values: {d: constructor}}}'),
    `3 | ${company}.claims.consumer.values.c | is no consumer of this manifest: "shp" | Did you mean "shop"?`,
    `3 | ${company}.claims.team.values.d | is no team of this manifest: "constructor"`,
  ],
  'permissions of nobody and to nothing': [
    sound(`permissions: [{claim: roles, permissions: [infer]}, {permissions: [infr]}]\n    ${claims}`),
    `3 | ${company}.permissions.1.permissions.0 | must be one of "infer", "read", "operate", "admin" | Did you mean "infer"?`,
  ],
  'permissions by half a claim, and on models that are none': [
    sound(`permissions: [{claim: roles, permissions: [infer], models: [m]}]\n    ${claims}`),
    `3 | ${company}.permissions.0.models.0 | is no model of this manifest`,
    `3 | ${company}.permissions.0 | needs both "claim" and "value", or neither: then it holds for every token`,
  ],
  'a cache without a time': [cached('scope: team'), `3 | ${cache}.ttl | is missing`],
  'a cache of odd sizes': [
    cached('ttl: 0s, stale: 721h, answer: 65MiB'),
    `3 | ${cache}.ttl | ${keep}`,
    `3 | ${cache}.stale | ${keep}`,
    `3 | ${cache}.answer | must be a size such as 64KiB or 1MiB, at most 64MiB`,
  ],
  'a cache for whom, by a slip': [
    cached('ttl: 5, scope: consumr'),
    `3 | ${cache}.ttl | must be a string, not 5 | Write for example "30s".`,
    `3 | ${cache}.scope | must be one of "consumer", "team", "public" | Did you mean "consumer"?`,
  ],
  'an embedding that is none': [
    cached('ttl: 5m, semantic: {mode: serve, model: embed@v2, similarity: 1.1}'),
    `3 | ${cache}.semantic.similarity | must be at most 1`,
  ],
  'an embedding by a slip': [
    cached('ttl: 5m, semantic: {mode: serve, model: embd@v1, timeout: 11s}'),
    `3 | ${cache}.semantic.timeout | must be a duration such as 200ms or 1s, at most 10s`,
    `3 | ${cache}.semantic.model | must be an embedding contract of this gateway such as embed@v1; there are embed@v1 | Did you mean "embed@v1"?`,
  ],
  'an embedding without its major': [
    cached('ttl: 5m, semantic: {mode: off, model: embed}'),
    `3 | ${cache}.semantic.model | must be an embedding contract of this gateway such as embed@v1; there are embed@v1 | Did you mean "embed@v1"?`,
  ],
  'an embedding by a contract of another task': [
    'models:\n  m: {owner: me, contracts: {v1: {task: chat, versions: {"1": {}}, cache: {ttl: 1s, semantic: {mode: serve, model: m@v1}}}}}',
    `2 | ${cache}.semantic.model | must be an embedding contract of this gateway such as embed@v1, and there is none`,
  ],
  'a semantic cache of vectors': [
    cached('ttl: 5m, semantic: {mode: serve, model: m@v1}', 'embedding'),
    `3 | ${cache}.semantic | has no use: there is no text in the input whose meaning could be compared | Only chat, completion and inputs with a "text" have one.`,
  ],
}

describe('readManifest', () => {
  for (const [title, [yaml, ...faults]] of Object.entries(table)) {
    it(`names the fault and its line: ${title}`, () => assert.deepEqual(faultsOf(yaml), faults))
  }

  it('takes semantic caches of texts, whatever the task', () => {
    for (const task of ['chat', 'completion', 'classification', 'moderation', 'regression']) {
      assert.deepEqual(faultsOf(cached('ttl: 5m, semantic: {mode: serve, model: embed@v1}', task)), [], task)
    }
  })

  it('takes an issuer on this machine, and keys behind a query', () => {
    for (const url of ['http://localhost:8080', 'http://127.0.0.1:1/realm', 'http://[::1]:1', 'https://a.example/b']) {
      assert.deepEqual(faultsOf(issued(`issuer: ${url}\n    jwks: https://a.example/keys?p=1\n    ${claims}`)), [], url)
    }
  })

  it('reports whatever stands where a part should be, and throws at nothing', () => {
    const whole = {
      teams: { growth: { limits: { requests: { rate: '5/day', burst: 5 }, budget: { day: 1 } } } },
      consumers: { shop: { team: 'growth', origins: ['https://a.example'], limits: { items: '1/second' } } },
      issuers: {
        company: {
          issuer: 'https://a.example',
          audience: ['a'],
          claims: { consumer: { claim: 'azp', values: { a: 'shop' } }, team: 'groups' },
          permissions: [{ claim: 'roles', value: 'a', permissions: ['infer'], models: ['m'] }],
        },
      },
      models: {
        embed: { owner: 'me', contracts: { v1: { task: 'embedding', versions: { '1': {} } } } },
        m: {
          owner: 'me',
          limits: { tokens: '1/day' },
          contracts: {
            v1: {
              task: 'chat',
              limits: { queue: 1 },
              versions: { '1': { limits: { concurrent: 1 } } },
              cache: { ttl: '5m', semantic: { mode: 'serve', model: 'embed@v1' } },
            },
          },
        },
      },
    }
    assert.deepEqual(faultsOf(JSON.stringify(whole)), [])
    const nodes = new Set<string>()
    const spoil = (value: unknown, path: string, put: (odd: unknown) => void) => {
      nodes.add(path)
      for (const odd of [null, 3, 'x', [], [null], { x: null }, true]) {
        put(odd)
        assert.doesNotThrow(() => readManifest(JSON.stringify(whole)), `${path}: ${JSON.stringify(odd)}`)
      }
      put(value)
      if (typeof value !== 'object' || value === null) return
      for (const [key, inner] of Object.entries(value)) {
        spoil(inner, `${path}/${key}`, (odd) => Object.assign(value, { [key]: odd }))
      }
    }
    for (const [key, part] of Object.entries(whole)) spoil(part, key, (odd) => Object.assign(whole, { [key]: odd }))
    assert.ok(nodes.size > 50, String(nodes.size))
    assert.deepEqual(faultsOf(JSON.stringify(whole)), [], 'all is put back')
  })

  it('takes names that every object has for names', () => {
    const yaml = 'teams: {constructor: {}}\nconsumers: {constructor: {team: constructor, limits: {}}}'
    assert.deepEqual(faultsOf(yaml), [])
  })
})
