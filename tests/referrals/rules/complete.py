"""A complete, synthetic content for the submit set."""

from . import cssrs, item9


def submittable(**changes):
    """The submit set answered; `section__field=value` changes one, None takes it away."""
    content = {
        "patient": {
            "given_name": "Test", "family_name": "Person", "birth_date": "1980-02-03",
            "phone": "+14075550123", "ok_to_leave_message": False, "state": "FL",
        },
        "consent": {"patient_agrees": True, "basis": "treatment", "part2_source": "no"},
        "request": {"reason": "Evaluation of both conditions", "urgency": "routine"},
        "pain": {"diagnoses": ["M54.16"], "onset": "2024-06"},
        "trauma": {"ptsd_status": "suspected"},
        "safety": {"danger_now": False},
        "instruments": [cssrs("none"), item9(0)],
    }  # fmt: skip
    for path, value in changes.items():
        section, _, name = path.partition("__")
        if not name:
            content[section] = value
        elif value is None:
            content[section].pop(name, None)
        else:
            content[section][name] = value
    return content
