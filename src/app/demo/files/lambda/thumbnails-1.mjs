// What is known about one photo without AWS: which files are taken, and which keys are used.

/** Largest file that is processed, in bytes (20 MiB). */
export const MAX_BYTES = 20 * 1024 * 1024;

/** The renditions and the limit of their longest side, in pixels. */
export const SIZES = [
  { name: 'thumb', side: 160 },
  { name: 'medium', side: 800 },
  { name: 'large', side: 1920 },
];

/** A photo that cannot be used, however often it is tried. Subscribers read `reason`. */
export class Rejection extends Error {
  constructor(reason, detail) {
    super(`${reason}: ${detail}`);
    this.name = 'Rejection';
    this.reason = reason;
  }
}

/** Throws a Rejection if a file of this many bytes is not processed. */
export function checkBytes(bytes) {
  if (bytes > MAX_BYTES) {
    throw new Rejection('too_large', `${bytes} bytes, the limit is ${MAX_BYTES}`);
  }
}

// Each format by the bytes its files start with; `.` stands for a byte that varies.
const SIGNATURES = {
  jpeg: /^\xff\xd8\xff/,
  png: /^\x89PNG\r\n\x1a\n/,
  webp: /^RIFF.{4}WEBP/s,
};

/** `jpeg`, `png` or `webp`, told by the content alone. Throws a Rejection for anything else. */
export function detectFormat(bytes) {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  for (const [format, signature] of Object.entries(SIGNATURES)) {
    if (signature.test(head)) return format;
  }
  throw new Rejection('unsupported_format', 'neither JPEG nor PNG nor WebP');
}

/** The key of an object, from the form encoding that S3 events use for it. */
export function decodeKey(encoded) {
  return decodeURIComponent(encoded.replaceAll('+', ' '));
}

/** Where the rendition of an upload is stored. The same for every attempt. */
export function renditionKey(size, uploadKey) {
  return `${size}/${uploadKey}`;
}
