// The contract net of section 10, for tasks of kind `inference` (section 8): how this peer bids, works, calls and awards.
import { createHash, randomBytes } from 'node:crypto'

const NET = 'fipa-contract-net'
const FREE = { amount: '0', token: 'none' }
const BINDS = 60_000 // milliseconds that a proposal binds after the call has closed
const sha256 = (text) => createHash('sha256').update(text, 'utf8').digest()
const isCount = (value) => Number.isSafeInteger(value) && value >= 1

const isSpec = (spec) => spec !== undefined && isCount(spec['max-tokens']) && isCount(spec['prompt-bytes']) && Object.keys(spec).length === 2

/** What answers `to`: the same conversation, back to its sender. */
function answer (to, performative, content, more = {}) {
  const { 'conversation-id': conversation, protocol, ontology, sender, 'reply-with': asked } = to
  const label = asked === undefined ? {} : { 'in-reply-to': asked }
  return { performative, receiver: sender, 'conversation-id': conversation, protocol, ontology, content, ...label, ...more }
}

/** One conversation as participant.  `offers`: { ontology: (prompt) => text }; `heard(parameters)` gives the answer or null. */
export class Participant {
  constructor (offers) {
    this.offers = offers
    this.phase = 'IDLE'
    this.prompt = ''
  }

  heard (said, digest, now) {
    switch (said.performative) {
      case 'cfp': return this.called(said, digest, now)
      case 'accept-proposal': return this.accepted(said, now)
      case 'reject-proposal': return this.ended('REJECTED', ['BOUND'])
      case 'not-understood': return this.ended('NOT_UNDERSTOOD', ['BOUND'])
      case 'cancel': return this.cancelled(said)
      default: return null
    }
  }

  called (said, digest, now) {
    if (this.phase !== 'IDLE') return null
    this.phase = 'NOT_UNDERSTOOD'
    if (!Object.hasOwn(this.offers, said.ontology)) return answer(said, 'not-understood', { reason: 'ontology', digest })
    this.phase = 'REFUSED'
    if (said['reply-by'] < now) return answer(said, 'refuse', { reason: 'late' })
    if (!isSpec(said.content.spec)) return answer(said, 'refuse', { reason: 'spec' })
    this.phase = 'BOUND'
    this.until = said['reply-by'] + BINDS
    return answer(said, 'propose', { price: FREE, eta: 1000 }, { 'reply-with': 'propose', 'reply-by': this.until })
  }

  accepted (said, now) {
    if (this.phase !== 'BOUND') return null
    this.phase = 'FAILED'
    if (now > this.until) return answer(said, 'failure', { reason: 'late' })
    this.phase = 'DONE'
    this.prompt = said.content.input.prompt
    const text = this.offers[said.ontology](this.prompt)
    const result = { text, model: 'javascript', tokens: 1 }
    return answer(said, 'inform', { inform: 'result', result, digests: { text: sha256(text) } })
  }

  cancelled (said) {
    if (['DONE', 'FAILED'].includes(this.phase)) return answer(said, 'failure', { reason: this.phase.toLowerCase() })
    this.phase = 'CANCELLED'
    return answer(said, 'inform', { inform: 'done' })
  }

  ended (phase, from) {
    if (from.includes(this.phase)) this.phase = phase
    return null
  }
}

/** One conversation as initiator with one peer.  `until`: what ends it; resolved to { state, … }. */
export class Initiator {
  constructor (peer, ontology, prompt, { now, cancels = false }) {
    this.prompt = prompt
    this.cancels = cancels
    this.resultBy = now + 120_000
    this.until = new Promise((resolve) => { this.finish = resolve })
    this.opening = {
      performative: 'cfp',
      receiver: peer,
      'conversation-id': randomBytes(16),
      protocol: NET,
      ontology,
      'reply-with': 'cfp',
      'reply-by': now + 60_000,
      content: {
        spec: { 'max-tokens': 24, 'prompt-bytes': Buffer.byteLength(prompt) },
        'result-by': this.resultBy,
        'max-price': FREE,
        disclosure: 'typed'
      }
    }
  }

  heard (said) {
    const { content } = said
    switch (said.performative) {
      case 'propose': return this.proposed(said)
      case 'refuse': return this.over('refused', content)
      case 'not-understood': return this.over('not-understood', content)
      case 'failure': return this.over('failed', content)
      case 'inform': return content.inform === 'result' ? this.reported(content) : this.over('cancelled', content)
      default: return null
    }
  }

  proposed (said) {
    this.price = said.content.price.amount
    if (this.cancels) {
      const content = { reason: 'person' }
      return { ...answer(said, 'cancel', content), protocol: 'fipa-cancel-meta', 'in-reply-to': undefined, 'reply-with': 'cancel' }
    }
    return answer(said, 'accept-proposal', { input: { prompt: this.prompt } }, { 'reply-with': 'accept-proposal', 'reply-by': this.resultBy })
  }

  reported ({ result, digests }) {
    const matches = digests !== undefined && Buffer.compare(digests.text, sha256(result.text)) === 0
    return this.over('done', { result, matches, price: this.price })
  }

  over (state, told) {
    const { reason, result, matches, price } = told
    this.finish({ state, reason, result, matches, price })
    return null
  }
}
