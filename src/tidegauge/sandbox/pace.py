"""A story told faster: the same, with all of its own times divided."""

from msgspec.structs import replace

from tidegauge.sandbox.simulation.story import Change, Crowd, Load, Millis, Step, Story, Wave


def faster(story: Story, times: int) -> Story:
    """What comes at a time or lasts for one; images keep their pace, as pods and nodes do."""

    def sooner(time: Millis) -> Millis:
        return Millis(time // times)

    def wave(of: Wave) -> Wave:
        return replace(of, period=sooner(of.period), peak=sooner(of.peak))

    def step(of: Step) -> Step:
        return replace(of, at=sooner(of.at))

    def crowd(of: Crowd) -> Crowd:
        return replace(
            of,
            at=sooner(of.at),
            rise=sooner(of.rise),
            hold=sooner(of.hold),
            fall=sooner(of.fall),
        )

    def load(of: Load) -> Load:
        return replace(
            of,
            wave=wave(of.wave) if of.wave else None,
            steps=[step(each) for each in of.steps],
            crowds=[crowd(each) for each in of.crowds],
        )

    def change(of: Change) -> Change:
        return replace(of, at=sooner(of.at))

    return replace(
        story,
        load=[load(each) for each in story.load],
        changes=[change(each) for each in story.changes],
    )
