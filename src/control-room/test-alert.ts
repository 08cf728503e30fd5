import { type Command, said } from './command.ts'

export interface TestAlertPorts {
  /** Sends an alert that rings to the owners in Control, named so that the same order sends it once. */
  readonly alert: (source: string) => Promise<void>
}

/** `!test alert`: proves that the phone rings. */
export function createTestAlert({ alert }: TestAlertPorts): Command {
  return {
    name: 'test',
    aliases: [],
    places: ['control'],
    async run(order) {
      if (order.words.length !== 1 || order.words[0] !== 'alert') return { kind: 'misuse' }
      await alert(`test-alert:${order.eventId}`)
      return said(order.say('alert.test-sent'))
    },
  }
}
