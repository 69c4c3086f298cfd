//! Unmasks the frame of RFC 6455 §5.7, and reads its text.

fn main() {
    let frame = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    let (head, payload) = frame.split_at(6);
    let key = [head[2], head[3], head[4], head[5]];
    let mut payload = payload.to_vec();
    match siox_mask::text(&mut payload, key) {
        Ok(text) => println!("{text}"),
        Err(error) => println!("not a text: {error}"),
    }
}
