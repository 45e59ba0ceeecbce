/**
 * The acknowledgement, [4, terminal, log id, committed, echo] sealed for `down`: taken only if it is
 * for this terminal and log and answers exactly the frame whose tag starts with `echo`.
 */
import { KIND_ACK, U32_MAX } from '../protocol/constants';
import { MAJOR_ARRAY, MAJOR_UINT, readEnded, readHead, readStart } from './cbor';
import { content, contentBytes, DIRECTION_DOWN, openFrame } from './seal';

/** Highest sequence number the host has committed, of the acknowledgement last taken. */
export let committed: u32 = 0;

/** Whether the frame is the acknowledgement awaited; sets `committed` if so. */
export function readAck(frame: usize, bytes: u32, terminal: u32, log: u32, echo: u32): bool {
  if (!openFrame(DIRECTION_DOWN, frame, bytes)) return false;
  readStart(content, contentBytes);
  if (readHead(MAJOR_ARRAY) != 5 || readHead(MAJOR_UINT) != KIND_ACK) return false;
  const to = readHead(MAJOR_UINT);
  const forLog = readHead(MAJOR_UINT);
  const upTo = readHead(MAJOR_UINT);
  const answers = readHead(MAJOR_UINT);
  if (!readEnded() || to != terminal || forLog != log || answers != echo || upTo >= <u64>U32_MAX)
    return false;
  committed = <u32>upTo;
  return true;
}
