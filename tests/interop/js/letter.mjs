// Letters (docs/protocol.md, section 9): a text from person to person.
import { randomBytes } from 'node:crypto'

const ONTOLOGY = 'nuee/letter/1'
const DAY = 24 * 3_600_000

/** The parameters of a letter to `peer`.  `author`: person, or agent. */
export function letter (peer, text, author, now) {
  return {
    performative: 'request',
    receiver: peer,
    'conversation-id': randomBytes(16),
    protocol: 'fipa-request',
    ontology: ONTOLOGY,
    'reply-with': 'letter',
    'reply-by': now + DAY,
    content: { action: 'deliver', arguments: { text, author } }
  }
}

/** The letter that a request is: { text, author }; null where it is another request. */
export function letterOf ({ ontology, content }) {
  const { action, arguments: given } = content
  const right = ontology === ONTOLOGY && action === 'deliver' && typeof given?.text === 'string' &&
    [...given.text].length >= 1 && [...given.text].length <= 16_000 && ['person', 'agent'].includes(given.author)
  return right ? { text: given.text, author: given.author } : null
}
