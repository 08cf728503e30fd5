"""A person at matrix-nio: makes an encrypted direct room with the assistant, asks, and prints what came back as JSON."""

import asyncio
import json
import sys
import tempfile

from nio import AsyncClient, AsyncClientConfig, EnableEncryptionBuilder, LoginResponse, MegolmEvent, RoomMessageText, RoomPreset

LIVE = "org.matrix.msc4357.live"


async def until(condition, what, seconds=30):
    async def wait():
        while not await condition():
            await asyncio.sleep(0.05)

    try:
        await asyncio.wait_for(wait(), seconds)
    except asyncio.TimeoutError:
        sys.exit(f"{what}: not within {seconds} s")


class Conversation:
    def __init__(self, client, assistant):
        self.client = client
        self.assistant = assistant
        self.room = None
        self.finals = []
        self.undecryptable = 0
        client.add_event_callback(self.heard, (RoomMessageText, MegolmEvent))

    async def heard(self, room, event):
        if room.room_id != self.room or event.sender != self.assistant:
            return
        if isinstance(event, MegolmEvent):
            self.undecryptable += 1
            return
        content = event.source["content"]
        shown = content.get("m.new_content", content)
        if LIVE not in shown:
            self.finals.append({"body": shown["body"], "decrypted": event.decrypted})

    async def open(self):
        made = await self.client.room_create(
            preset=RoomPreset.trusted_private_chat,
            invite=[self.assistant],
            is_direct=True,
            initial_state=[EnableEncryptionBuilder().as_dict()],
        )
        self.room = made.room_id

        async def both_are_there():
            members = await self.client.joined_members(self.room)
            known = self.client.rooms.get(self.room)
            return (
                any(member.user_id == self.assistant for member in members.members)
                and known is not None
                and known.encrypted
                and self.assistant in known.users
            )

        await until(both_are_there, "the assistant joins")

    async def ask(self, text):
        before = len(self.finals)
        content = {"msgtype": "m.text", "body": text}
        await self.client.room_send(self.room, "m.room.message", content, ignore_unverified_devices=True)

        async def answered():
            return len(self.finals) > before

        await until(answered, f"an answer (undecryptable: {self.undecryptable})")


async def main(homeserver, user, password, assistant, questions):
    with tempfile.TemporaryDirectory() as store:
        config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
        client = AsyncClient(homeserver, user, store_path=store, config=config)
        login = await client.login(password)
        if not isinstance(login, LoginResponse):
            sys.exit(f"login failed: {login}")
        await client.sync(0, full_state=True)
        syncing = asyncio.create_task(client.sync_forever(10000))
        try:
            talk = Conversation(client, assistant)
            await talk.open()
            for question in questions:
                await talk.ask(question)
            print(json.dumps({"room": talk.room, "finals": talk.finals, "undecryptable": talk.undecryptable}))
        finally:
            syncing.cancel()
            await client.close()


asyncio.run(main(*sys.argv[1:5], sys.argv[5:]))
