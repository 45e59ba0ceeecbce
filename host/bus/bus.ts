/**
 * What the host needs of MQTT: hear what terminals say, answer them. Nothing in it is trusted or
 * durable: every payload is sealed end to end, and acknowledgement is end to end too.
 */
export type BusHandler = (topic: string, payload: Uint8Array) => void;

export type Bus = {
  /** Calls `handler` for every message on topics that match `filter`, from now on. */
  subscribe(filter: string, handler: BusHandler): Promise<void>;
  /** QoS 0, not retained. What cannot be sent is dropped: the terminal asks again. */
  publish(topic: string, payload: Uint8Array): void;
  close(): Promise<void>;
  readonly connected: boolean;
};
